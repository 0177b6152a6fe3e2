export { type ExportedSnapshot, type ExportRequest, exportSnapshot } from './export.js';
export { type ImportedSnapshot, type ImportRequest, importSnapshot } from './import.js';
export { findOrPullSnapshot, type PulledSnapshot, type PullRequest, pullSnapshot } from './pull.js';
export { type PushedSnapshot, type PushRequest, pushSnapshot } from './push.js';
