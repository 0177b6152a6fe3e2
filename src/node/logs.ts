import { PassThrough } from 'node:stream';
import type { Engine, ExecOptions } from '../engine/index.js';
import { FailedError, NotFoundError, UsageError } from '../errors/index.js';
import { linesOf } from './lines.js';

const SCRIPT = '/usr/lib/bdsandbox/logs';

/** What a log line says of itself, the least first. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogFilter {
  /** A regular expression that one of its lines has to match. */
  readonly grep?: string | undefined;
  /** This one or worse; lines that name no level are left out. */
  readonly level?: LogLevel | undefined;
}

export interface LogRequest extends LogFilter {
  readonly services: readonly string[];
  /** UTC ISO 8601 with milliseconds: not older than this. */
  readonly since?: string | undefined;
  /** The last ones of all services; all when absent. */
  readonly tail?: number | undefined;
  /** Whether a last line that has no end yet is one: not when it will be followed. */
  readonly partial: boolean;
}

/** A line of a log with those that belong to it, such as a stack trace. */
export interface LogEntry {
  readonly service: string;
  /** UTC ISO 8601; null for what came without a time, such as what a JVM prints when it ends. */
  readonly at: string | null;
  /** As `at`; without one, when the file was last written. */
  readonly order: string;
  readonly level: LogLevel | null;
  /** As written, several lines with \n. */
  readonly text: string;
}

/** How far files have been read: INODE:OFFSET by SERVICE:FILE. */
export type LogPositions = Map<string, string>;

/** The logs of one running node, read and filtered inside it. The contract is docs/explanation/node.md. */
export class NodeLogs {
  readonly #engine: Engine;
  readonly #container: string;
  readonly #positions: LogPositions;

  /** @param positions are kept up to date */
  constructor(engine: Engine, container: string, positions: LogPositions) {
    this.#engine = engine;
    this.#container = container;
    this.#positions = positions;
  }

  /**
   * What is there, in the order of time.
   * @throws NotFoundError when the node's image is older than this script, UsageError for `grep`, FailedError
   */
  async *read(request: LogRequest, signal?: AbortSignal): AsyncGenerator<LogEntry> {
    const { tail, since, partial } = request;
    const words = [
      ...wordsOf(request),
      ...(tail === undefined ? [] : [`tail=${tail}`]),
      ...(since === undefined ? [] : [`since=${since}`]),
      ...(partial ? [] : ['partial=0']),
    ];
    yield* this.#entries('read', words, signal);
  }

  /**
   * What comes, from the positions on, across rotations of the files. Ends when the node does.
   * @throws as read; the signal's reason
   */
  async *follow(request: LogFilter & Pick<LogRequest, 'services'>, signal: AbortSignal): AsyncGenerator<LogEntry> {
    const at = [...this.#positions].map(([file, position]) => `at=${file}:${position}`);
    // Never said anything: its end tells the script that nobody listens any more.
    const stdin = new PassThrough();
    try {
      yield* this.#entries('follow', [...wordsOf(request), ...at], signal, stdin);
    } finally {
      stdin.end();
    }
  }

  async *#entries(
    mode: 'read' | 'follow',
    words: readonly string[],
    signal: AbortSignal | undefined,
    stdin?: PassThrough,
  ): AsyncGenerator<LogEntry> {
    const output = new PassThrough();
    const given = new AbortController();
    const options: ExecOptions = {
      stdout: output,
      signal: signal ? AbortSignal.any([signal, given.signal]) : given.signal,
      ...(stdin ? { stdin } : {}),
    };
    const ended = this.#engine.containers
      .exec(this.#container, [SCRIPT, mode, ...words], options)
      .finally(() => output.end());
    ended.catch(() => undefined);
    let entry: LogEntry | undefined;
    try {
      for await (const line of linesOf(output)) {
        if (line.startsWith('+\t')) {
          if (entry) entry = { ...entry, text: `${entry.text}\n${line.slice(2)}` };
          continue;
        }
        if (entry) yield entry;
        entry = parseEntry(line);
        if (!entry) this.#notePosition(line);
      }
      if (entry) yield entry;
      fail(mode, await ended);
    } finally {
      given.abort();
    }
  }

  #notePosition(line: string): void {
    const [kind, service, file, inode, offset] = line.split('\t');
    if (kind === 'P') this.#positions.set(`${service}:${file}`, `${inode}:${offset}`);
  }
}

function wordsOf({ services, grep, level }: LogFilter & Pick<LogRequest, 'services'>): string[] {
  return [
    ...services.map((service) => `service=${service}`),
    ...(grep === undefined ? [] : [`grep=${grep}`]),
    ...(level === undefined ? [] : [`level=${level}`]),
  ];
}

function parseEntry(line: string): LogEntry | undefined {
  const [kind, service, at, order, level, ...text] = line.split('\t');
  if (kind !== 'E' || service === undefined || order === undefined) return undefined;
  return {
    service,
    at: at === undefined || at === '-' ? null : at,
    order,
    level: LOG_LEVELS.find((known) => known === level) ?? null,
    text: text.join('\t'),
  };
}

function fail(mode: string, { exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): void {
  if (exitCode === 0 || (exitCode === 137 && mode === 'follow')) return;
  const said = stderr.trim().split('\n').at(-1) ?? '';
  if (exitCode === 126 || exitCode === 127) {
    throw new NotFoundError("the node's image is too old to read its logs", 'create the sandbox again');
  }
  if (exitCode === 65) throw new UsageError(`--grep: ${said}`, 'write a regular expression, such as "region.*OPEN"');
  const reason = exitCode === 137 ? 'the node was stopped' : `it ended with ${exitCode}: ${said}`;
  throw new FailedError(`reading the logs broke off: ${reason}`, 'run bdsandbox status');
}
