import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Input, parse } from '@oclif/core/parser';
import { kindsOfArgument } from '../../src/complete/kinds.js';
import { COMMAND_IDS, loadCommand } from '../unit/commands.js';
import {
  unknown,
  unknownCondition,
  unknownEvidence,
  unknownPlace,
  unknownPort,
  unknownSetting,
  wrongTime,
} from './names.ts';
import { ROOT } from './pages.ts';
import type { Invocation } from './shell.ts';

/** A command of ours as it stands in a line. */
export interface Words {
  readonly id: string;
  /** Behind the command's name, up to `--`. */
  readonly own: readonly string[];
  /** Of the program that it runs. */
  readonly behind: readonly string[];
}

export function split(words: readonly string[]): Words | undefined {
  const id = [words.slice(1, 3).join(':'), words[1] ?? ''].find((each) => COMMAND_IDS.includes(each));
  if (id === undefined) return undefined;
  const rest = words.slice(1 + id.split(':').length);
  const end = rest.includes('--') ? rest.indexOf('--') : rest.length;
  return { id, own: rest.slice(0, end), behind: rest.slice(end + 1) };
}

/**
 * What is wrong with it, as the program itself sees it; nothing runs.
 * @param isMention in a sentence, where what has to follow may be left out
 */
export async function wrongIn(invocation: Invocation, isMention = false): Promise<string[]> {
  const { words, variables } = invocation;
  if (words[0] === 'npm') return wrongScript(words);
  if (words[0] === 'node') return existsSync(resolve(ROOT, words[1] ?? '')) ? [] : [`there is no ${words[1]}`];
  if (words[0] !== 'bdsandbox' || words[1] === undefined || /^(--version|--help|help|[A-Z]+)$/.test(words[1]))
    return [];
  const line = split(words);
  if (!line) return [`there is no command "${words.slice(1, 3).join(' ')}"`];
  const Command = await loadCommand(line.id);
  try {
    const flags = { ...Command.baseFlags, ...Command.flags };
    const input: Input<Record<string, unknown>, object, Record<string, string>> = {
      flags,
      args: Command.args,
      strict: Command.strict,
    };
    const own = line.own.filter((word) => word !== '--json');
    const parsed = await parse(own, input);
    const hasOwnTemplates = variables.includes('BDSANDBOX_TEMPLATES');
    return hasOwnTemplates ? [] : wrongNames(line.id, Command, parsed);
  } catch (error) {
    const { message } = error as Error;
    if (isMention && /^Missing \d+ required arg|expects a value/.test(message.trim())) return [];
    return [message.trim().replace(/\nSee more help.*/s, '')];
  }
}

type Parsed = Awaited<ReturnType<typeof parse>>;
type Described = { readonly args: Readonly<Record<string, { readonly description?: string }>> };

/** What words mean is said by the names of arguments and flags, as for completion. */
function wrongNames(id: string, { args }: Described, { args: given, argv, flags }: Parsed): string[] {
  const words = argv.map(String);
  const ofArguments = Object.entries(args).flatMap(([name, described], index): string[] => {
    const mine = name === Object.keys(args).at(-1) ? words.slice(index) : words.slice(index, index + 1);
    return mine.flatMap((word) => wrongWord(`${id} ${name}`, kindsOfArgument(id, name, described), word));
  });
  const ofFlags = Object.entries(flags).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => (typeof each === 'string' ? wrongFlag(name, each) : [])),
  );
  const evidence = id === 'snapshots:show' && given['file'] ? unknownEvidence(String(given['file'])) : [];
  return [...ofArguments, ...ofFlags, ...evidence];
}

function wrongWord(place: string, kinds: readonly string[], word: string): string[] {
  if (place.startsWith('service:')) return word.includes('/') ? unknownPlace(word) : [];
  if (place === 'set setting' || (place === 'set sandbox' && word.includes(':'))) return unknownSetting(word);
  if (/^config:(get|set|unset) key$/.test(place)) return unknown('setting', word);
  if (kinds.includes('template')) return unknown('template', word);
  if (kinds.includes('component')) return unknown('component', word);
  if (kinds.includes('service')) return unknown('service', word.split(':')[0] ?? '');
  // `open SERVICE` goes to the only sandbox.
  if (kinds.some((kind) => kind === 'sandbox' || kind === 'node' || kind === 'target')) return unknownPlace(word);
  return [];
}

function wrongFlag(name: string, value: string): string[] {
  switch (name) {
    case 'set':
    case 'unset':
      return unknownSetting(value);
    case 'with':
      return unknown('component', value.split('=')[0] ?? '');
    case 'publish':
      return unknownPort(value);
    case 'service':
      return unknown('service', value);
    case 'for':
      return unknownCondition(value);
    case 'ttl':
    case 'timeout':
    case 'interval':
      return wrongTime(name, value);
    default:
      return [];
  }
}

const { scripts } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

function wrongScript([, word = '', name = '', ...rest]: readonly string[]): string[] {
  if (word !== 'run') return [];
  // Of the example that stands beside its page.
  if (scripts[name] === undefined && name !== 'check') return [`package.json has no script ${name}`];
  const files = rest.filter((each) => each.startsWith('test/') && !existsSync(resolve(ROOT, each)));
  return files.map((file) => `there is no ${file}`);
}
