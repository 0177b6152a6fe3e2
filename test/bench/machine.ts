import { readFile, statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { docker } from '../e2e/cli.js';
import { timed } from './report.js';

/** Bytes that nothing else could have: neither free nor cache. */
export async function memoryUsed(): Promise<number> {
  const kilobytes = (name: string, text: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  const text = await readFile('/proc/meminfo', 'utf8');
  return (kilobytes('MemTotal', text) - kilobytes('MemAvailable', text)) * 1024;
}

/**
 * Has the machine get that much memory, and gives it free again. A virtual one may get what it has not used for a while from
 * its host page by page, five times as slow: whoever measures creates beside each other would measure that.
 * @returns milliseconds
 */
export async function getMemory(bytes: number): Promise<number> {
  const touch =
    'for (let left = Number(process.argv[1]); left > 0; left -= 2 ** 28) all.push(Buffer.alloc(2 ** 28, 1))';
  return (await timed(() => execa(process.execPath, ['-e', `const all = []; ${touch}`, String(bytes)]))).ms;
}

/** Bytes of the disk that the engine is on. */
export async function diskUsed(): Promise<number> {
  // What was written and not yet given a place counts too.
  await execa('sync');
  const { blocks, bfree, bsize } = await statfs(await docker('info', '--format', '{{.DockerRootDir}}'));
  return (blocks - bfree) * bsize;
}

export interface Used {
  /** In bytes. */
  readonly memory: number;
  readonly disk: number;
}

/** A while after whatever happened. */
export async function settled(): Promise<Used> {
  await sleep(5000);
  return { disk: await diskUsed(), memory: await memoryUsed() };
}

/**
 * As soon as no more is used than before, or when that has lasted a minute: the kernel tears down namespaces by and by, and
 * the engine gives memory back when its language sees fit.
 */
export async function settledAsBefore(before: Used): Promise<Used> {
  let now = await settled();
  for (let tries = 0; tries < 11 && now.memory > before.memory + 50e6; tries += 1) now = await settled();
  return now;
}
