import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';

const MODULES = path.resolve(import.meta.dirname, '../../node_modules');

/** A project of a user with the packed library in it, and tools of ours in place of those that npm would download. */
export async function projectWith({
  from,
  tools,
}: {
  readonly from?: string;
  readonly tools: readonly string[];
}): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-project-'));
  if (from !== undefined) await cp(from, folder, { recursive: true });
  // With the example's own package.json npm would download its tools, which are linked below.
  await writeFile(path.join(folder, 'package.json'), '{"private":true,"type":"module"}');
  await execa('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', inject('tarball')], { cwd: folder });
  for (const tool of tools) {
    const place = path.join(folder, 'node_modules', tool);
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(path.join(MODULES, tool), place);
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
