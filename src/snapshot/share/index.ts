import { lazily } from '../lazily.js';

export type { ExportedSnapshot, ExportRequest } from './export.js';
export { findOrPullSnapshot } from './find-or-pull.js';
export type { ImportedSnapshot, ImportRequest } from './import.js';
export type { PulledSnapshot, PullRequest } from './pull.js';
export type { PushedSnapshot, PushRequest } from './push.js';
export type { TakenAndPushed } from './take-and-push.js';
export type { RemoteSnapshot } from './withdraw.js';

export const exportSnapshot = lazily(async () => (await import('./export.js')).exportSnapshot);
export const importSnapshot = lazily(async () => (await import('./import.js')).importSnapshot);
export const isInRegistry = lazily(async () => (await import('./pull.js')).isInRegistry);
export const pullSnapshot = lazily(async () => (await import('./pull.js')).pullSnapshot);
export const pushSnapshot = lazily(async () => (await import('./push.js')).pushSnapshot);
export const selectRemote = lazily(async () => (await import('./withdraw.js')).selectRemote);
export const takeAndPush = lazily(async () => (await import('./take-and-push.js')).takeAndPush);
export const withdrawSnapshots = lazily(async () => (await import('./withdraw.js')).withdrawSnapshots);
