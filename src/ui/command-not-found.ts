import type { Hook } from '@oclif/core/hooks';
import { closest, UsageError } from '../errors/index.js';

/** oclif calls this with the words that were typed, joined by colons, arguments included. */
const hook: Hook.CommandNotFound = async ({ id, config }) => {
  const typed = id.split(':');
  const known = config.commands.filter((command) => command.hidden !== true).map((command) => command.id);
  const topics = new Set(known.filter((name) => name.includes(':')).map((name) => name.split(':')[0] ?? ''));
  // "images bulid" is a wrong command of a topic; "statsu demo" a wrong command with an argument.
  const depth = topics.has(typed[0] ?? '') ? 2 : 1;
  const words = typed.slice(0, depth);
  const meant = closest(words.join(':'), known) ?? closest(typed.slice(0, 2).join(':'), known);
  const hint = meant === undefined ? 'bdsandbox help' : `did you mean bdsandbox ${meant.replaceAll(':', ' ')}?`;
  throw new UsageError(`unknown command "${words.join(' ')}"`, hint);
};

export default hook;
