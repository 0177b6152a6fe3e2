import { readFile, statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { docker } from '../e2e/cli.js';

/** Bytes that nothing else could have: neither free nor cache. */
export async function memoryUsed(): Promise<number> {
  const kilobytes = (name: string, text: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  const text = await readFile('/proc/meminfo', 'utf8');
  return (kilobytes('MemTotal', text) - kilobytes('MemAvailable', text)) * 1024;
}

/** Bytes of the disk that the engine is on. */
export async function diskUsed(): Promise<number> {
  // What was written and not yet given a place counts too.
  await execa('sync');
  const { blocks, bfree, bsize } = await statfs(await docker('info', '--format', '{{.DockerRootDir}}'));
  return (blocks - bfree) * bsize;
}

/** Both, a while after whatever happened. */
export async function settled(): Promise<{ readonly memory: number; readonly disk: number }> {
  await sleep(5000);
  return { disk: await diskUsed(), memory: await memoryUsed() };
}
