import { homedir } from 'node:os';
import { FailedError } from '../errors/index.js';
import type { ConfigSources } from './load.js';

/**
 * Where this process's settings come from.
 * @throws FailedError when the folder that it was started in has been removed
 */
export function sourcesOfProcess(flags: ConfigSources['flags'] = {}): ConfigSources {
  return { cwd: currentFolder(), env: process.env, home: homedir(), flags };
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new FailedError('the folder you are in was removed', 'go to one that is there: cd', { cause });
  }
}
