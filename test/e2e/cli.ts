import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, inject } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { expectSchema } from '../schemas.ts';
import { list, unused } from './engine.js';

export interface Run {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  readonly timeoutMs?: number;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** Every test's sandboxes have owners of their own, so that what a person has on this machine stays untouched. */
export const OWNER = `e2e-${process.pid}`;

/** Tests of a start see a start, unless they are to run on clusters that come from goldens. */
const ENVIRONMENT = { BDSANDBOX_OWNER: OWNER, BDSANDBOX_GOLDEN: process.env['BDSANDBOX_E2E_GOLDEN'] ?? 'never' };

/** Runs the installed program as a script would. Never throws for an exit code. */
export async function bds(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa(inject('program'), args, {
    reject: false,
    timeout: options.timeoutMs ?? 500_000,
    env: { ...ENVIRONMENT, NO_COLOR: '1', ...options.environment },
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  return { exitCode, stdout: String(stdout), stderr: String(stderr) };
}

export interface Signalled {
  readonly code: number;
  readonly by: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Runs the program and sends it a signal after a while, unless it has ended. */
export function runAndSignal(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: NodeJS.Signals,
  afterMs: number,
): Promise<Signalled> {
  return signalAfter([inject('program'), ...args], environment, signal, afterMs);
}

/** As a user whose Node is older than the program needs: in a clone, bin/run.js starts the Node that is there. */
const AS_IF_OLD = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.0.0'})`;

/** Ctrl-C as a terminal gives it, to the whole process group: to the program, and to what started it. */
export function pressCtrlC(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  way: 'as it is' | 'under an old Node',
  afterMs: number,
): Promise<Signalled> {
  const program =
    way === 'as it is'
      ? [inject('program')]
      : [process.execPath, '--import', AS_IF_OLD, path.resolve(import.meta.dirname, '../../bin/run.js')];
  return signalAfter([...program, ...args], environment, 'SIGINT', afterMs, { group: true });
}

async function signalAfter(
  [file = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: NodeJS.Signals,
  afterMs: number,
  { group = false } = {},
): Promise<Signalled> {
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...ENVIRONMENT, ...environment },
    detached: group,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await sleep(afterMs);
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    process.kill(group ? -child.pid : child.pid, signal);
  }
  const [code, by] = await ended;
  // In the first moments, and in the last, when all is done and Node gives its handlers up, a signal ends Node itself; a
  // shell says 130 for that too.
  return { code: code ?? 128 + constants.signals[by ?? 'SIGKILL'], by, stderr };
}

/** What a killed run had completed in its last moment. Anything half-made is for `prune`, which comes before. */
export async function destroyComplete(name: string): Promise<void> {
  const { sandboxes } = await json<{ sandboxes: Sandbox[] }>(['ls']);
  if (sandboxes.some((each) => each.name === name && each.state === 'running')) await ok(['destroy', name, '--force']);
}

/** As bds, but a failure fails the test, with what the program said. */
export async function ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await bds(args, options);
  expect(exitCode, `bdsandbox ${args.join(' ')}\n${stderr}\n${stdout}`).toBe(0);
  return stdout;
}

/** The `data` of `--json`. */
export async function json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
  const [first = '', ...rest] = args;
  const envelope = JSON.parse(await ok([first, ...rest, '--json'], options)) as { ok: boolean; data: T };
  expect(envelope.ok).toBe(true);
  expectSchema(args, envelope);
  return envelope.data;
}

/** Runs a command line in a node, through a shell there. */
export function inNode(where: string, script: string, options: RunOptions = {}): Promise<string> {
  return ok(['exec', where, '--', 'bash', '-euo', 'pipefail', '-c', script], options);
}

export async function docker(...args: readonly string[]): Promise<string> {
  return (await execa('docker', args)).stdout;
}

/** Everything of ours on the engine that a destroyed sandbox must not leave, and images without a name. */
export async function traces(): Promise<Record<string, string[]>> {
  const label = `label=bdsandbox.owner=${OWNER}`;
  const kept = await goldenVolumes();
  const [containers, networks, volumes, nameless] = await Promise.all([
    list('ps', '-a', '--filter', label, '--format', '{{.Names}}'),
    list('network', 'ls', '--filter', label, '--format', '{{.Name}}'),
    list('volume', 'ls', '--filter', label, '--format', '{{.Name}}'),
    unused(),
  ]);
  // What was there before all tests is not theirs, and somebody may remove it at any moment.
  const foreign = new Set(inject('unused'));
  const traceless = (names: string[]): string[] => names.filter((name) => !kept.has(name) && !foreign.has(name));
  return { containers, networks, volumes: traceless(volumes), nameless: traceless(nameless) };
}

/** A golden that a create has left for the next one is meant to stay, and so is its memory. */
async function goldenVolumes(): Promise<Set<string>> {
  const references = await list('images', 'bdsandbox/snapshot', '--format', '{{.Repository}}:{{.Tag}}');
  const goldens = references.filter((reference) => reference.includes(':golden-'));
  if (goldens.length === 0) return new Set();
  const format = '{{index .Config.Labels "bdsandbox.memory"}}';
  return new Set(await list('image', 'inspect', '--format', format, ...goldens));
}
