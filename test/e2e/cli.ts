import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
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

/** Runs the program and sends it a signal after a while, unless it has ended. */
export async function runAndSignal(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: NodeJS.Signals,
  afterMs: number,
): Promise<{ code: number; by: NodeJS.Signals | null }> {
  const child = spawn(inject('program'), args, {
    stdio: 'ignore',
    env: { ...process.env, ...ENVIRONMENT, ...environment },
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await sleep(afterMs);
  child.kill(signal);
  const [code, by] = await ended;
  // In the first moments, and in the last, when all is done and Node gives its handlers up, a signal ends Node itself; a
  // shell says 130 for that too.
  return { code: code ?? 128 + constants.signals[by ?? 'SIGKILL'], by };
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
