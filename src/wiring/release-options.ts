import type { ConfigValues } from '../config/index.js';
import type { Report } from '../events/index.js';
import type { ReleaseOptions } from './cluster.js';
import { downloadsFolder } from './workspace.js';

/** Where releases come from and go to in this run. */
export function releaseOptions(config: ConfigValues, report: Report, signal: AbortSignal): ReleaseOptions {
  return {
    downloads: downloadsFolder(process.env),
    mavenRepository: config.mavenRepository,
    onProgress: (message) => report({ type: 'notice', level: 'info', message }),
    signal,
  };
}
