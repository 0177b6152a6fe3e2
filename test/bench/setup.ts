import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import packAndInstall from '../e2e/global-setup.js';
import { writePerformancePage } from './page.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** UTC ISO 8601 */
    readonly benchStarted: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await execa('docker-compose', ['version']).catch((cause: unknown) => {
    throw new Error('the benches measure beside docker-compose: apt-get install docker-compose', { cause });
  });
  project.provide('benchStarted', new Date().toISOString());
  const remove = await packAndInstall(project);
  return async () => {
    await remove();
    await writePerformancePage();
  };
}
