import type { Engine } from '../engine/index.js';
import { NodeLogs, type ServiceStatus } from '../node/index.js';

/** A process says why it ends right before it does; errors from before that are about something else. */
const LAST_WORDS_MS = 60_000;
/** What goes wrong first is often followed by errors of the way down. */
const ENTRIES = 20;

const EXCEPTION = /^(?:Exception in thread \S+ )?((?:[a-z_$][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable)\b.*)/;
const CAUSED_BY = /^Caused by: (.*)/;
/** Time, level and thread say nothing that the reader does not know. */
const HEAD = /^\[?[\d-]{10}[ T][\d:.,]+Z?\]? */;
const LONGEST = 300;

/** The line of its log that says best why a service ended; undefined where none does, or it was killed. */
export async function causeOfEnd(
  engine: Engine,
  container: string,
  { name, since, detail }: ServiceStatus,
): Promise<string | undefined> {
  if (/signal (?:9|15)\b/.test(detail)) return undefined;
  const from = since === null ? undefined : new Date(Date.parse(since) - LAST_WORDS_MS).toISOString();
  const texts: string[] = [];
  const request = { services: [name], level: 'ERROR', tail: ENTRIES, since: from, partial: true } as const;
  try {
    for await (const { text } of new NodeLogs(engine, container, new Map()).read(request)) texts.push(text);
  } catch {
    // The lines of the log that are shown anyway have to do.
  }
  return causeIn(texts);
}

/**
 * Of the last error that tells an exception: the one that all began with; else what the last error says.
 * @param entries of level ERROR or worse, each with its stack trace
 */
export function causeIn(entries: readonly string[]): string | undefined {
  const lines = (entries.findLast((entry) => exceptionIn(entry.split('\n'))) ?? entries.at(-1) ?? '').split('\n');
  const cause = (exceptionIn(lines) ?? lines[0]?.replace(HEAD, '') ?? '').trim();
  if (cause === '') return undefined;
  return cause.length > LONGEST ? `${cause.slice(0, LONGEST)}…` : cause;
}

function exceptionIn(lines: readonly string[]): string | undefined {
  const root = lines.flatMap((line) => CAUSED_BY.exec(line)?.[1] ?? []).at(-1);
  return root ?? lines.flatMap((line) => EXCEPTION.exec(line)?.[1] ?? [])[0];
}
