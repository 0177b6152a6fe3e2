import type { SandboxError } from '../errors/index.js';
import { prose } from './prose.js';
import { visibleJson, visibleText } from './visible.js';
import { displayWidth, wrap } from './width.js';

/**
 * What a person sees: what happened, what belongs to it, what to do next. A stack trace only for who asked for it.
 */
export function renderError(error: SandboxError, debug: boolean, columns?: number): string {
  const lines = [
    prose(visibleText(`bdsandbox: ${error.message}`), { indent: 4, width: columns }),
    ...error.details.map((detail) => `    ${visibleText(detail)}`),
    ...(error.hint === '' ? [] : [hintLines(visibleText(error.hint), columns)]),
    ...(debug ? ['', ...stackLines(error).map(visibleText)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Broken between its parts, else between words; never in a command, which would be copied with the break. */
function hintLines(hint: string, columns = Number.POSITIVE_INFINITY): string {
  const lead = '  next: ';
  const room = columns - lead.length;
  const glued = hint.split(/(?<=[;:,]) /).map((part) => glue(part, room));
  return wrap(glued.join(' '), room)
    .map((line, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + line.replaceAll('\u00A0', ' '))
    .join('\n');
}

/** With spaces that do not break: all of a part that fits a line, else the command in it. */
function glue(part: string, room: number): string {
  const command = displayWidth(part) <= room ? 0 : part.search(/(?:bdsandbox|docker|npm|sudo|sysctl) /);
  if (command === -1) return part;
  return part.slice(0, command) + part.slice(command).replaceAll(' ', '\u00A0');
}

export function renderErrorJson(error: SandboxError): string {
  const { code, message, hint } = error;
  return `${visibleJson({ ok: false, error: { code, message, hint } })}\n`;
}

/** The whole chain of causes; a chain that bites its tail ends there. */
function stackLines(error: Error): string[] {
  const seen = new Set<unknown>();
  const lines: string[] = [];
  for (let current: unknown = error; current !== undefined && !seen.has(current); ) {
    seen.add(current);
    const text = current instanceof Error ? (current.stack ?? String(current)) : String(current);
    lines.push(lines.length === 0 ? text : `caused by: ${text}`);
    current = current instanceof Error ? current.cause : undefined;
  }
  return lines;
}
