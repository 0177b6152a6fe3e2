import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract } from 'tar-stream';
import { asSandboxError, DiskFullError, FailedError } from '../errors/index.js';
import { readEvents } from '../node/index.js';
import { formatOf, isKeyStore, loadDetector, Redactor, type TextFormat } from '../secrets/index.js';
import { BundleFile } from './bundle.js';
import { configDiff } from './config-diff.js';
import { eventLines, MOST_EVENTS, NODE_EVENTS } from './events.js';
import { nodePath, type Place, placeOf } from './layout.js';
import { redactingStream } from './lines.js';
import type { EvidenceSource, NodeSource, TimedEvent, WriteOptions, WrittenEvidence } from './types.js';

type Detector = Awaited<ReturnType<typeof loadDetector>>;
type Entry = Extract extends AsyncIterable<infer One> ? One : never;

/** Larger files pass through a file beside the target: a tar has to know the size of an entry before its content. */
const IN_MEMORY = 1 << 20;

/**
 * Writes the evidence of a sandbox into a tar.zst file. What cannot be had of a node is a line in problems.txt.
 * @throws DiskFullError, FailedError when the file cannot be written; it is not left half written
 */
export async function writeEvidence(
  target: string,
  source: EvidenceSource,
  options: WriteOptions,
): Promise<WrittenEvidence> {
  const streams = source.nodes.flatMap(({ views, files }) => [
    ...(views ? [views] : []),
    ...files.map(({ tar }) => tar),
  ]);
  // Streams that fail before their turn must not end the process; whoever reads them hears of it then.
  for (const stream of streams) stream.on('error', () => undefined);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  let spool: string | undefined;
  let bundle: BundleFile | undefined;
  try {
    signal.throwIfAborted();
    spool = await mkdtemp(`${target}.spool-`);
    bundle = new BundleFile(target, `${source.name}-evidence`, signal);
    const writer = new EvidenceWriter(bundle, spool, options.redact ? await loadDetector() : undefined, signal);
    await writer.addJson('about.json', `${JSON.stringify(source.about, null, 2)}\n`);
    await Promise.all(source.nodes.map((node) => writer.addNode(node)));
    await writer.addEvents(source.events);
    await writer.addProblems();
    return { ...(await bundle.finish()), redacted: writer.redacted };
  } catch (error) {
    stop.abort();
    await bundle?.abandon();
    if (bundle) await rm(target, { force: true });
    options.signal?.throwIfAborted();
    throw cannotWrite(target, error);
  } finally {
    for (const stream of streams) stream.destroy();
    if (spool !== undefined) await rm(spool, { recursive: true, force: true });
  }
}

class EvidenceWriter {
  readonly #bundle: BundleFile;
  readonly #spool: string;
  /** undefined: nothing is redacted. */
  readonly #detect: Detector | undefined;
  readonly #signal: AbortSignal;
  readonly #problems = new Map<string, string[]>();
  readonly #events: TimedEvent[] = [];
  #spooled = 0;
  redacted = 0;

  constructor(bundle: BundleFile, spool: string, detect: Detector | undefined, signal: AbortSignal) {
    this.#bundle = bundle;
    this.#spool = spool;
    this.#detect = detect;
    this.#signal = signal;
  }

  async addJson(path: string, text: string): Promise<void> {
    await this.#bundle.add({ path }, this.#clean(Buffer.from(text), 'json'));
  }

  async addNode({ node, views, files, problems = [] }: NodeSource): Promise<void> {
    const said = [...problems];
    this.#problems.set(node, said);
    const writer = new NodeWriter(node, said);
    if (views) await this.#readTar(views, 'views', said, (entry) => this.#addView(writer, entry));
    for (const { prefix, tar, only } of files) {
      await this.#readTar(tar, `files of ${prefix}`, said, (entry) => {
        const path = nodePath(prefix, entry.header.name);
        const wanted = only?.some((folder) => path.startsWith(`${folder}/`)) ?? true;
        return wanted ? this.#addNodeFile(writer, path, entry) : drain(entry);
      });
    }
    const { planned, actual } = writer;
    if (planned.size > 0) {
      await this.#bundle.add({ path: `${node}/config.diff` }, configDiff(planned, writer.comparable));
    } else if (actual.size > 0) {
      said.push('the planned config files are not there: no config.diff');
    }
  }

  /** Once all nodes are there, since they noted some themselves. */
  async addEvents(events: readonly TimedEvent[]): Promise<void> {
    await this.addJson('events.jsonl', eventLines([...events, ...this.#events]));
  }

  async addProblems(): Promise<void> {
    const lines = [...this.#problems].flatMap(([node, said]) =>
      said.map((problem) => `${node}: ${oneLine(problem)}\n`),
    );
    if (lines.length > 0) await this.#bundle.add({ path: 'problems.txt' }, lines.join(''));
  }

  /** A tar that breaks off is a problem of its node; what came before is kept. */
  async #readTar(tar: Readable, what: string, problems: string[], add: (entry: Entry) => Promise<void>): Promise<void> {
    const entries = extract();
    const read = pipeline(tar, entries, { signal: this.#signal }).catch((error: unknown) => error);
    let failed: FailedToAdd | undefined;
    try {
      for await (const entry of entries) {
        try {
          await add(entry);
        } catch (error) {
          if (!(error instanceof BrokenTar)) failed = new FailedToAdd(error);
          throw error;
        }
      }
    } catch {
      // The reason is below: ours, or the stream's.
    }
    if (failed) {
      entries.destroy();
      throw failed.reason;
    }
    const broken = await read;
    this.#signal.throwIfAborted();
    if (broken !== undefined) problems.push(`${what}: ${broken instanceof Error ? broken.message : String(broken)}`);
  }

  async #addView(writer: NodeWriter, entry: Entry): Promise<void> {
    if (!isFile(entry)) return drain(entry);
    const path = nodePath('', entry.header.name).slice(1);
    if (path === 'problems.txt') {
      const text = (await contentOf(entry)).toString();
      writer.problems.push(...text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [`views: ${line}`])));
      return;
    }
    await this.#addFile(writer, `views/${path}`, entry, formatOf(path, false));
  }

  async #addNodeFile(writer: NodeWriter, path: string, entry: Entry): Promise<void> {
    if (!isFile(entry)) {
      if (entry.header.type === 'symlink' || entry.header.type === 'link') {
        writer.problems.push(`${path} is a link to ${entry.header.linkname ?? '?'}, left out`);
      }
      return drain(entry);
    }
    const place = placeOf(path, writer.plannedPaths);
    const content = await this.#addFile(writer, place.path, entry, formatOf(path, place.kind !== 'log'));
    writer.remember(place, content);
    if (place.path === NODE_EVENTS) this.#events.push(...readEvents(writer.node, content ?? undefined, MOST_EVENTS));
  }

  /** The content as it went into the bundle, if it is small; null: it did not go. */
  async #addFile(
    writer: NodeWriter,
    inNode: string,
    entry: Entry,
    format: TextFormat,
  ): Promise<Buffer | null | undefined> {
    const path = `${writer.node}/${inNode}`;
    const { size = 0, mtime } = entry.header;
    // The same file by way of two folders.
    if (writer.paths.has(path)) return drain(entry).then(() => null);
    writer.paths.add(path);
    if (this.#detect && isKeyStore(path)) return this.#leaveOut(writer, inNode, entry, 'holds keys');
    if (size > IN_MEMORY) return this.#addLarge(writer, inNode, entry, format);
    const content = await contentOf(entry);
    if (this.#detect && content.includes(0)) {
      return this.#leaveOut(writer, inNode, entry, 'is not text, so that nothing can be redacted in it');
    }
    if (this.#detect && /\.pem$/i.test(path) && content.includes('PRIVATE KEY')) {
      return this.#leaveOut(writer, inNode, entry, 'holds a private key');
    }
    const clean = this.#clean(content, format);
    await this.#bundle.add({ path, mtime }, clean);
    return clean;
  }

  async #addLarge(writer: NodeWriter, inNode: string, entry: Entry, format: TextFormat): Promise<null | undefined> {
    const file = join(this.#spool, String(this.#spooled++));
    const redactor = this.#detect && new Redactor(format, this.#detect);
    let isText = true;
    const watched = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        isText &&= redactor === undefined || !chunk.includes(0);
        // Goes on to the end of the entry, with nothing to spool any more.
        if (isText) yield chunk;
      }
    };
    try {
      const chunks = fromTar(entry);
      const sink = createWriteStream(file, { mode: 0o600 });
      if (redactor) await pipeline(chunks, watched, redactingStream(redactor), sink, { signal: this.#signal });
      else await pipeline(chunks, sink, { signal: this.#signal });
      if (!isText) {
        return this.#leaveOut(writer, inNode, entry, 'is not text, so that nothing can be redacted in it');
      }
      this.redacted += redactor?.places ?? 0;
      const { size } = await stat(file);
      await this.#bundle.addFile({ path: `${writer.node}/${inNode}`, mtime: entry.header.mtime }, file, size);
      return undefined;
    } finally {
      await rm(file, { force: true });
    }
  }

  async #leaveOut(writer: NodeWriter, inNode: string, entry: Entry, why: string): Promise<null> {
    writer.problems.push(`${inNode} ${why}: left out`);
    await drain(entry);
    return null;
  }

  #clean(content: Buffer, format: TextFormat): Buffer {
    if (!this.#detect) return content;
    const redactor = new Redactor(format, this.#detect);
    const text = redactor.redact(content.toString('latin1'));
    this.redacted += redactor.places;
    return redactor.places === 0 ? content : Buffer.from(text, 'latin1');
  }
}

/** What is known of a node while its files come. */
class NodeWriter {
  readonly node: string;
  readonly problems: string[];
  readonly paths = new Set<string>();
  readonly plannedPaths = new Set<string>();
  readonly planned = new Map<string, Buffer | undefined>();
  readonly actual = new Map<string, Buffer | undefined>();
  readonly #ours = new Map<string, Buffer | undefined>();

  constructor(node: string, problems: string[]) {
    this.node = node;
    this.problems = problems;
  }

  remember({ kind, of }: Place, content: Buffer | null | undefined): void {
    if (kind === 'planned') this.plannedPaths.add(of);
    if (content === null) return;
    if (kind === 'planned') this.planned.set(of, content);
    if (kind === 'config') this.actual.set(of, content);
    if (kind === 'service') this.#ours.set(of, content);
  }

  /** Config as it is, with those files of ours that were planned: others, such as its record of changes, come later. */
  get comparable(): Map<string, Buffer | undefined> {
    return new Map([...this.actual, ...[...this.#ours].filter(([path]) => this.planned.has(path))]);
  }
}

/** The source ended or failed in the middle of an entry. */
class BrokenTar extends Error {}

/** Not the tar's fault. */
class FailedToAdd {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

async function* fromTar(entry: Entry): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw new BrokenTar('the tar breaks off', { cause });
  }
}

async function contentOf(entry: Entry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of fromTar(entry)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function drain(entry: Entry): Promise<void> {
  for await (const _ of fromTar(entry));
}

function isFile(entry: Entry): boolean {
  return entry.header.type === 'file' || entry.header.type === 'contiguous-file';
}

function oneLine(text: string): string {
  const parts = text.split(/[\r\n]+/).map((part) => part.trim());
  return parts.filter((part) => part !== '').join(' ');
}

function cannotWrite(target: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DiskFullError(`the disk is full: ${target} could not be written`, 'free some space and try again', {
      cause: error,
    });
  }
  if (error instanceof Error && 'syscall' in error) {
    return new FailedError(`cannot write ${target}: ${error.message}`, 'choose another place for the evidence', {
      cause: error,
    });
  }
  return asSandboxError(error);
}
