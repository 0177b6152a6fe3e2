import { addAbortSignal, type Readable, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ConflictError, InterruptedError, SandboxError, UsageError } from '../../errors/index.js';
import type { FlowContext } from '../raise.js';
import { LOCAL } from './local.js';
import { shown } from './names.js';
import { NodeFiles, type NodePlace } from './node.js';
import { type Place, parsePlace } from './place.js';
import { type Hearing, localSource, nodeSource, type Source } from './source.js';
import { type Target, targetOf } from './target.js';
import { Travel } from './travel.js';
import { unpackLocal } from './unpack.js';

export interface CopyRequest {
  /** SRC... and DST, as given. */
  readonly words: readonly string[];
  readonly owner: string;
  /** What links in SRC lead to instead of the links. */
  readonly followLinks: boolean;
  /** For `-`. */
  readonly input: Readable;
  readonly output: Writable;
}

export interface Copied {
  readonly from: readonly string[];
  readonly to: string;
  /** Of the files' contents; where one side is `-`, of the archive. */
  readonly bytes: number;
  /** Devices, sockets and the like, which cannot be copied. */
  readonly skipped: readonly string[];
}

/** Between this machine and nodes, or between nodes. Nothing is collected in memory, and no half file stays here. */
export async function copyFiles(context: FlowContext, request: CopyRequest): Promise<Copied> {
  const { from, to } = checkWords(request.words);
  const words = request.words.map(shown);
  const [sources, destination] = [words.slice(0, -1), words.at(-1) ?? ''];
  const travel = new Travel(context.report, `${sources.join(' ')} to ${destination}`);
  const skipped: string[] = [];
  let contents = 0;
  const hearing = {
    onSkipped: (what: string): void => void skipped.push(what),
    onContent: (bytes: number): void => {
      contents += bytes;
    },
  };
  try {
    for (const place of from) await copyOne({ context, request, to, only: from.length === 1, travel, hearing }, place);
    travel.end();
  } catch (error) {
    travel.end(error);
    const { aborted, reason } = context.signal ?? { aborted: false };
    if (!aborted) throw error;
    // A reader of standard output that has gone is no Ctrl-C.
    if (!(reason instanceof InterruptedError)) throw reason;
    throw new InterruptedError('the copy was interrupted; files that are complete stay', 'run it again when you like');
  }
  const isArchive = [...from, to].some(({ kind }) => kind === 'stream');
  return { from: sources, to: destination, bytes: isArchive ? travel.bytes : contents, skipped };
}

interface Work {
  readonly context: FlowContext;
  readonly request: CopyRequest;
  readonly to: Place;
  readonly only: boolean;
  readonly travel: Travel;
  readonly hearing: Hearing;
}

async function copyOne(work: Work, place: Place): Promise<void> {
  const { context, request, to, only, hearing } = work;
  context.signal?.throwIfAborted();
  if (place.kind === 'stream') return fromInput(work, to as NodePlace);
  const source =
    place.kind === 'local'
      ? await localSource(place, request.followLinks)
      : await nodeSource(place, await NodeFiles.of(context.engines, place, request.owner), request.followLinks);
  if (to.kind === 'stream') {
    const open = await source.open(source.contents ? '.' : source.name, hearing);
    return send(work, open, async (tar) => pipeline(tar, request.output, { end: false }));
  }
  if (to.kind === 'local') {
    const target = await targetOf(to, source, LOCAL, only);
    return send(work, await source.open(source.name, hearing), (tar) => unpackLocal(tar, target, hearing.onSkipped));
  }
  const files = await NodeFiles.of(context.engines, to, request.owner);
  const target = await targetOf(to, source, files, only);
  checkNotInside(source, files, target);
  await send(work, await source.open(target.root, hearing), (tar) => files.write(target.folder, target.root, tar));
}

async function fromInput({ context, request, travel }: Work, to: NodePlace): Promise<void> {
  const files = await NodeFiles.of(context.engines, to, request.owner);
  const found = await files.look(to.path);
  if (found.kind !== 'folder') throw new UsageError(`${to.text} is not a folder`, 'a tar is unpacked into a folder');
  await send({ context, travel }, request.input, (tar) => files.write(found.path, '', tar));
}

/** @throws why the source broke off, rather than what the receiver made of it */
async function send(
  { context: { signal }, travel }: Pick<Work, 'context' | 'travel'>,
  tar: Readable,
  receive: (tar: Readable) => Promise<void>,
): Promise<void> {
  const counter = travel.counter();
  // Whoever reads it hears of it; one that nobody listens to would end the process.
  counter.on('error', () => undefined);
  if (signal) addAbortSignal(signal, counter);
  let broken: unknown;
  tar.once('error', (error) => {
    // Any other is how a source ends whose reader has gone: then the reader knows why.
    if (error instanceof SandboxError || 'syscall' in error) broken = error;
  });
  const passing = pipeline(tar, counter).catch(() => undefined);
  try {
    await receive(counter);
    // A receiver has enough at the end of the archive; what comes after it is of no interest.
    counter.resume();
    await finished(counter, { writable: false }).catch(() => undefined);
  } catch (error) {
    counter.destroy();
    await passing;
    throw broken ?? error;
  }
}

function checkNotInside(source: Source, files: NodeFiles, { folder }: Target): void {
  if (source.at?.id !== files.id || source.kind !== 'folder') return;
  if (folder !== source.at.path && !folder.startsWith(`${source.at.path}/`)) return;
  throw new ConflictError(`${source.text} cannot be copied into itself`, 'choose another folder');
}

/** @throws UsageError for what cannot be a copy */
function checkWords(words: readonly string[]): { from: Place[]; to: Place } {
  const places = words.map(parsePlace);
  const to = places.pop();
  const [first] = places;
  if (!to || !first) throw new UsageError('say from where and to where', 'see bdsandbox cp --help');
  const hasStream = places.some(({ kind }) => kind === 'stream') || to.kind === 'stream';
  if (hasStream && places.length > 1)
    throw new UsageError('- is one archive: it goes with one other word', 'see --help');
  if (to.kind !== 'node' && !places.every(({ kind }) => kind === 'node')) {
    throw new UsageError(
      'one of the two sides must be in a sandbox',
      'write it as SANDBOX:PATH or SANDBOX/NODE:PATH; on this machine alone, use cp',
    );
  }
  return { from: places, to };
}
