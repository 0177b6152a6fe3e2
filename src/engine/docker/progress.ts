import { addAbortSignal, type Readable } from 'node:stream';
import type { OnProgress } from '../port.js';
import { field, textField } from './docker-config.js';

/** An error the engine reports in the middle of a stream that began with "200 OK". */
export class StreamedError extends Error {}

/**
 * The engine's stream of JSON lines, until its end. The client's own followProgress takes errors for ordinary lines,
 * so a failed pull looks like a finished one there.
 * @throws StreamedError; the signal's reason when aborted
 */
export async function followLines(
  stream: NodeJS.ReadableStream,
  onLine: (line: unknown) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal) addAbortSignal(signal, stream as Readable);
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream) {
      const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line, onLine);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  take(rest, onLine);
}

function take(line: string, onLine: (line: unknown) => void): void {
  if (line.trim() === '') return;
  const parsed: unknown = JSON.parse(line);
  const failure = textField(parsed, 'errorDetail', 'message') ?? textField(parsed, 'error');
  if (failure !== undefined) throw new StreamedError(failure);
  onLine(parsed);
}

/** The progress of a pull or push, out of its lines: layers done, bytes where the engine knows them. */
export function layerProgress(onProgress: OnProgress): (line: unknown) => void {
  const layers = new Map<string, { done: boolean; current: number; total: number }>();
  return (line) => {
    const id = textField(line, 'id');
    const status = textField(line, 'status') ?? '';
    // "Pulling from library/x" has the tag as its id, which is not a layer.
    if (id === undefined || /^Pulling from|^The push refers/.test(status)) return;
    const layer = layers.get(id) ?? { done: false, current: 0, total: 0 };
    layer.done = /^(Pull complete|Already exists|Layer already exists|Pushed|Mounted from)/.test(status);
    if (/^(Downloading|Pushing)/.test(status)) {
      layer.current = numberField(line, 'current') ?? layer.current;
      layer.total = numberField(line, 'total') ?? layer.total;
    }
    if (layer.done) layer.current = layer.total;
    layers.set(id, layer);
    const all = [...layers.values()];
    const totalBytes = all.reduce((sum, { total }) => sum + total, 0);
    onProgress({
      message: `${all.filter(({ done }) => done).length} of ${all.length} layers`,
      ...(totalBytes > 0 && { doneBytes: all.reduce((sum, { current }) => sum + current, 0), totalBytes }),
    });
  };
}

const KEPT_LINES = 20;

/** The output of a build: progress for people now, and the last lines for the error if it comes to that. */
export class BuildOutput {
  readonly #lines: string[] = [];
  readonly #onProgress: OnProgress | undefined;
  #step = 'start';
  #rest = '';

  constructor(onProgress: OnProgress | undefined) {
    this.#onProgress = onProgress;
  }

  get lastLines(): readonly string[] {
    return [...this.#lines, this.#rest].filter((line) => line.trim() !== '').slice(-KEPT_LINES);
  }

  take(line: unknown): void {
    // A line of output may come in pieces; a carriage return draws over what was there before.
    const pieces = (this.#rest + (textField(line, 'stream') ?? '')).split(/\r\n|\n|\r/);
    this.#rest = pieces.pop() ?? '';
    for (const piece of pieces) this.#takeLine(withoutColours(piece).trimEnd());
    const status = textField(line, 'status');
    if (status !== undefined) this.#say(status);
  }

  #takeLine(text: string): void {
    if (text === '') return;
    this.#lines.push(text);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    const step = /^Step (\d+)\/(\d+) : (.*)$/.exec(text);
    if (step) {
      this.#step = `step ${step[1]}/${step[2]}`;
      this.#say((step[3] ?? '').replace(/\s+/g, ' '));
    } else if (!text.startsWith(' --->')) {
      this.#say(text);
    }
  }

  #say(last: string): void {
    this.#onProgress?.({ message: `${this.#step}: ${last}` });
  }
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
}

function numberField(line: unknown, name: string): number | undefined {
  const value = field(line, 'progressDetail', name);
  return typeof value === 'number' ? value : undefined;
}
