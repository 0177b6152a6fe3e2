import type { LogEntry, LogLevel, LogRequest } from '../../node/index.js';
import { LOG_LEVELS } from '../../node/index.js';

// The same as the nodes' own script has it (templates/images/node/.../logs), for files of nodes that cannot run it.
const TIMED = /^\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?/;
const WORD = /\b(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|SEVERE|FATAL)\b/;
const FIRST_WORD = /^\[?(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|SEVERE|FATAL)\b/;
const LAST_WORDS = /^(?:Exception in thread |Error: |Error occurred |Terminating due to |# A fatal error)/;
const BELONGS = /^(?:\s|Caused by:|Suppressed:)/;
const LEVEL_WITHIN = 80;
const LONGEST_ENTRY = 1000;

interface Begun {
  readonly at: string | null;
  readonly level: LogLevel | null;
  readonly lines: string[];
}

/** Puts the lines of one file together to entries. */
export class EntryReader {
  readonly #service: string;
  readonly #order: string;
  #begun: Begun | undefined;

  /** @param order of lines without a time */
  constructor(service: string, order: string) {
    this.#service = service;
    this.#order = order;
  }

  /** @returns the entry before, once it is whole */
  push(line: string): LogEntry | undefined {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    const begins = this.#beginning(text);
    if (!begins) {
      this.#begun?.lines.push(text);
      return undefined;
    }
    const whole = this.end();
    this.#begun = { ...begins, lines: [text] };
    return whole;
  }

  end(): LogEntry | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    if (!begun) return undefined;
    const { at, level, lines } = begun;
    return { service: this.#service, at, order: at ?? this.#order, level, text: lines.join('\n') };
  }

  #beginning(line: string): Pick<Begun, 'at' | 'level'> | undefined {
    const before = this.#begun;
    const timed = TIMED.exec(line);
    if (timed) {
      const [head, day, time, fraction = ''] = timed;
      const rest = line.slice(head.length, head.length + LEVEL_WITHIN);
      return { at: `${day}T${time}.${`${fraction}000`.slice(0, 3)}Z`, level: levelOf(WORD.exec(rest)?.[1]) };
    }
    if (before && (before.at !== null || BELONGS.test(line))) {
      return before.lines.length < LONGEST_ENTRY ? undefined : { at: before.at, level: before.level };
    }
    return { at: null, level: LAST_WORDS.test(line) ? 'ERROR' : levelOf(FIRST_WORD.exec(line)?.[1]) };
  }
}

export function isWanted(entry: LogEntry, { since, level, grep }: LogRequest): boolean {
  if (since !== undefined && entry.order < since) return false;
  if (level !== undefined && rank(entry.level) < rank(level)) return false;
  return grep === undefined || new RegExp(grep, 'm').test(entry.text);
}

function levelOf(word: string | undefined): LogLevel | null {
  if (word === 'WARNING') return 'WARN';
  if (word === 'SEVERE') return 'ERROR';
  return LOG_LEVELS.find((level) => level === word) ?? null;
}

function rank(level: LogLevel | null): number {
  return level === null ? -1 : LOG_LEVELS.indexOf(level);
}
