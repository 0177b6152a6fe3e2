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
  project.provide('benchStarted', new Date().toISOString());
  const remove = await packAndInstall(project);
  return async () => {
    await remove();
    await writePerformancePage();
  };
}
