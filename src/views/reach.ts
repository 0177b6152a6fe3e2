import { hostname } from 'node:os';

/** Engines in a virtual machine of this one: their ports are seen here. */
const FORWARDED = /^(docker-desktop|colima|lima|orbstack|rancher-desktop)/;

/** Title of a column with published addresses. @param host the engine's name of its machine */
export function whereTitle(host: string): string {
  return isHere(host) ? 'ON THIS HOST' : `ON ${host}`;
}

/** How addresses that are those of another machine are reached from this one; nothing where they are this one's. */
export function waysThere(name: string, host: string): string[] {
  if (isHere(host)) return [];
  return [
    '',
    `The engine is on ${host}, and these are addresses there. From here, by what goes through the engine:`,
    `  bdsandbox run ${name} -- COMMAND    programs, with names and config of the nodes`,
    `  bdsandbox proxy ${name}             browsers and curl`,
    `Or one port by ssh: ssh -NL 8080:127.0.0.1:PORT ${host}, then http://127.0.0.1:8080/`,
  ];
}

/** Whether what the engine publishes is seen on this machine. */
export function isHere(host: string): boolean {
  return host === hostname() || FORWARDED.test(host);
}
