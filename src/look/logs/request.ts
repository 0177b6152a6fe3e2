import { UsageError } from '../../errors/index.js';
import { LOG_LEVELS } from '../../node/index.js';
import { parseSince } from '../since.js';
import type { LogsRequest } from './read.js';

/** How many lines there are where nobody says from when, or how many. */
const DEFAULT_TAIL = 200;

/** The words of the command line as a request. @throws UsageError */
export function logsRequest(words: {
  readonly since?: string | undefined;
  readonly tail?: string | undefined;
  readonly grep?: string | undefined;
  readonly level?: string | undefined;
}): LogsRequest {
  const { since, tail, grep, level } = words;
  return {
    ...(since === undefined ? {} : { since: parseSince(since) }),
    tail: tail === undefined ? (since === undefined ? DEFAULT_TAIL : undefined) : parseTail(tail),
    ...(grep === undefined ? {} : { grep: checkedPattern(grep) }),
    ...(level === undefined ? {} : { level: parseLevel(level) }),
  };
}

function parseTail(text: string): number | undefined {
  if (text === 'all') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--tail: "${text}" is no number of lines`, 'write a number, or "all"');
}

function checkedPattern(grep: string): string {
  try {
    new RegExp(grep, 'm');
  } catch (cause) {
    throw new UsageError(`--grep: "${grep}" is no regular expression`, 'write \\( for a bracket itself, and so on', {
      cause,
    });
  }
  return grep;
}

function parseLevel(text: string): (typeof LOG_LEVELS)[number] {
  const level = LOG_LEVELS.find((known) => known === text.toUpperCase());
  if (level) return level;
  throw new UsageError(`--level: there is no level "${text}"`, `its levels are: ${LOG_LEVELS.join(', ')}`);
}
