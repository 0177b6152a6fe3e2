import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { Engine } from '../engine/index.js';
import { NotFoundError } from '../errors/index.js';
import type { FilesTar } from '../evidence/index.js';
import type { Manifest } from './manifest.js';

/** First page of the evidence: the manifest without what is of no use to a reader. */
export function aboutOf({ evidence: _, changes: __, ...about }: Manifest): object {
  return about;
}

/**
 * Config and logs as they were at the moment, from a container of the node's image that was never started. The folder
 * with the plan comes first.
 */
export function filesOfImage(engine: Engine, container: string, plan: Manifest['plan']): FilesTar[] {
  const logs = new Set(plan.nodes.flatMap((node) => node.services.map(({ log }) => posix.dirname(log))));
  const config = ['/etc/bdsandbox', ...plan.components.map(({ name }) => `/etc/${name}`)];
  const [inLog, elsewhere] = [[...logs].filter(isInLog), [...logs].filter((folder) => !isInLog(folder))];
  // Few large archives: for each the engine starts a process of its own.
  return [
    { folder: '/etc', only: config },
    { folder: '/var/log', only: ['/var/log/bdsandbox', ...inLog] },
    ...elsewhere.map((folder) => ({ folder, only: [folder] })),
  ].map(({ folder, only }) => ({
    prefix: posix.dirname(folder),
    only,
    tar: Readable.from(archive(engine, container, folder), { objectMode: false }),
  }));
}

function isInLog(folder: string): boolean {
  return folder.startsWith('/var/log/');
}

/** Opened when it is read: the engine locks a container while it sends an archive of it, so a second would wait for ever. */
async function* archive(engine: Engine, container: string, folder: string): AsyncGenerator<Buffer> {
  try {
    yield* await engine.containers.readArchive(container, folder);
  } catch (error) {
    // A component without config, a node without that service.
    if (!(error instanceof NotFoundError)) throw error;
  }
}
