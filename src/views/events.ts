import type { SandboxEvent } from '../look/index.js';
import { visible } from '../ui/index.js';

/** TIME WHERE WHAT, DETAILS; by whom instead of where for what was done to the sandbox. */
export function eventLine({ at, sandbox, node, service, what, by, details }: SandboxEvent): string {
  const where = node === null ? (sandbox ?? '') : service === null ? node : `${node}/${service}`;
  const words = [by === null ? '' : `by ${by}`, detailsOf(details)].filter((word) => word !== '');
  // Also those that come one by one; they are files in nodes, where users may write whatever they like.
  return visible(`${toTheSecond(at)}  ${where.padEnd(25)}  ${[what, ...words].join(', ')}`).trimEnd();
}

/** Nodes tell no more of theirs. */
function toTheSecond(at: string): string {
  return at.replace(/\.\d+Z$/, 'Z');
}

/** "snapshot bug-123, mode live"; what is empty is left out. */
export function detailsOf(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details).flatMap(detail).join(', ');
}

function detail([name, value]: readonly [string, unknown]): string[] {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [];
  return [`${name} ${[value].flat().map(textOf).join(' ')}`];
}

/** A component as "hbase 2.6.1"; what we do not know as it is. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return text.length > 0 && text.every((each) => typeof each === 'string') ? text.join(' ') : JSON.stringify(value);
}
