import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Engine } from '../../engine/index.js';
import { NotFoundError } from '../../errors/index.js';
import { type LogEntry, type LogPositions, type LogRequest, linesOf } from '../../node/index.js';
import { EntryReader, isWanted } from './entries.js';

/**
 * The same as NodeLogs.read, from the container's files: of a node that does not run, or whose image has no script for
 * it. The files travel as a whole, one after the other.
 */
export async function readFiles(
  engine: Engine,
  container: string,
  request: LogRequest,
  positions: LogPositions,
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (const service of request.services) {
    for (const { kind, path } of await filesOf(engine, container, service)) {
      const size = await readFile(engine, container, { service, path, request }, entries);
      // Which file it is inside, nobody knows from the outside.
      if (size !== undefined && kind !== 'old') positions.set(`${service}:${kind}`, `0:${size}`);
    }
  }
  entries.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  return request.tail === undefined ? entries : entries.slice(entries.length - Math.min(request.tail, entries.length));
}

interface LogFile {
  readonly kind: 'out' | 'log' | 'old';
  readonly path: string;
}

async function filesOf(engine: Engine, container: string, service: string): Promise<LogFile[]> {
  const out = `/var/log/bdsandbox/${service}.out`;
  const named = await engine.containers.readFile(container, `/etc/bdsandbox/services/${service}/log`);
  const log = named?.toString().trim() ?? '';
  return [
    { kind: 'out', path: out },
    ...(log === '' || log === out
      ? []
      : ([
          { kind: 'old', path: `${log}.1` },
          { kind: 'log', path: log },
        ] as const)),
  ];
}

/** @returns its size; undefined when it is not there */
async function readFile(
  engine: Engine,
  container: string,
  { service, path, request }: { readonly service: string; readonly path: string; readonly request: LogRequest },
  into: LogEntry[],
): Promise<number | undefined> {
  const archive = await archiveOf(engine, container, path);
  if (!archive) return undefined;
  const { extract } = await import('tar-stream');
  const files = extract();
  const read = pipeline(archive, files);
  // An archive that breaks off ends the loop with its error.
  read.catch(() => undefined);
  let size: number | undefined;
  for await (const entry of files) {
    if (entry.header.type !== 'file') {
      entry.resume();
      continue;
    }
    size = entry.header.size ?? 0;
    const modified = entry.header.mtime ?? new Date(0);
    const found: LogEntry[] = [];
    const keep = (whole: LogEntry | undefined): void => {
      if (!whole || !isWanted(whole, request)) return;
      found.push(whole);
      // Now and then: taking one away moves all the others.
      if (request.tail !== undefined && found.length > 2 * request.tail + 1000) {
        found.splice(0, found.length - request.tail);
      }
    };
    const reader = new EntryReader(service, modified.toISOString());
    for await (const line of linesOf(entry as AsyncIterable<Buffer>)) keep(reader.push(line));
    keep(reader.end());
    for (const each of found) into.push(each);
  }
  await read;
  return size;
}

async function archiveOf(engine: Engine, container: string, path: string): Promise<Readable | undefined> {
  try {
    return await engine.containers.readArchive(container, path);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
