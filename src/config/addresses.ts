import { isIP } from 'node:net';
import { UsageError } from '../errors/index.js';

/** An owner ends up in labels and in lists, so it is one plain word. */
export function parseOwner(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(text)) return text;
  throw new UsageError(`"${text}" is no owner name`, 'use letters, digits and _ . @ -, at most 64 of them');
}

export function parseEndpoint(text: string): string {
  const hint = 'give an endpoint such as unix:///var/run/docker.sock or tcp://host:2376';
  if (!/^unix:\/\/\/?\S+$|^(tcp|https?):\/\/[^\s/]+/.test(text)) {
    throw new UsageError(`"${text}" is no engine endpoint`, hint);
  }
  refusePassword(text);
  return text;
}

export function parseRegistry(text: string): string {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(text)) return text;
  throw new UsageError(`"${text}" is no registry`, 'give host or host:port, without https://, such as 127.0.0.1:5000');
}

export function parseMavenRepository(text: string): string {
  const hint = 'give the URL of a Maven repository, such as https://nexus.example.com/repository/maven-public';
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UsageError(`"${text}" is no URL of a Maven repository`, hint);
  }
  refusePassword(text);
  return text.replace(/\/+$/, '');
}

export function parseAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new UsageError(`"${text}" is no IP address`, 'give 127.0.0.1 for this machine alone, or 0.0.0.0 for everybody');
}

/** Configuration is printed, copied into evidence and committed: a password must not get into it. The text isn't repeated. */
function refusePassword(text: string): void {
  if (URL.canParse(text) && new URL(text).password !== '') {
    throw new UsageError(
      'the URL contains a password',
      "give an address that needs none, such as a repository manager's group for reading",
    );
  }
}
