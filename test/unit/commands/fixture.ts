import { resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { afterEach, beforeEach, vi } from 'vitest';

export const config = await Config.load({ root: resolve(import.meta.dirname, '../../..') });

/**
 * Commands run in this process as in one of their own: what they print comes into `text`, no setting of this machine's
 * counts, and what they did to the process is undone. To be called before a file's own hooks.
 */
export function asProcess(): { text: string } {
  const printed = { text: '' };
  beforeEach(() => {
    printed.text = '';
    for (const name of Object.keys(process.env).filter((each) => each.startsWith('BDSANDBOX_'))) {
      vi.stubEnv(name, undefined);
    }
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk: string | Uint8Array, done?: unknown): boolean => {
      printed.text += String(chunk);
      if (typeof done === 'function') done();
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
    process.stdout.removeAllListeners('error');
    process.exitCode = 0;
  });
  return printed;
}
