import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FileEntry } from '../engine/index.js';

/** Where Debian's update-ca-certificates takes a machine's own authorities from. */
const OWN_AUTHORITIES = '/usr/local/share/ca-certificates';

/**
 * Certificates that this machine trusts beyond the public ones, for the builder's context: behind a proxy that
 * inspects TLS, or with a repository of one's own authority, Maven in a container reaches nothing without them.
 * They belong to the machine, so they are no part of any image's digest, and the builder image is never pushed.
 */
export async function machineCertificates(folder = OWN_AUTHORITIES): Promise<FileEntry[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith('.crt'))
      .sort()
      .map(async (name) => ({ path: `/${name}`, content: await readFile(path.join(folder, name)) })),
  );
}

/** Docker's predefined build arguments, which leave no trace in an image. */
export function machineProxies(environment: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}
