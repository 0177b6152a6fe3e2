import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { unused } from './engine.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The installed program. */
    readonly program: string;
    /** The package's tarball. */
    readonly tarball: string;
    /** Nameless images and unused volumes that were there before. */
    readonly unused: string[];
  }
}

/** Packs the project and installs the tarball into an empty prefix: what the tests run is what users get. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await execa('docker', ['version', '--format', '{{.Server.Version}}']).catch((cause: unknown) => {
    throw new Error('the e2e tests need a container engine: npm run quickstart installs one', { cause });
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-e2e-'));
  await execa('npm', ['pack', '--silent', '--pack-destination', folder]);
  const [name] = (await readdir(folder)).filter((each) => each.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack made no tarball');
  const tarball = path.join(folder, name);
  await execa('npm', [
    'install',
    '--global',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    tarball,
  ]);
  project.provide('tarball', tarball);
  project.provide('unused', await unused());
  project.provide('program', path.join(folder, 'bin', 'bdsandbox'));
  return () => rm(folder, { recursive: true, force: true });
}
