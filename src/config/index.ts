export { parseDuration } from './duration.js';
export type { ConfigKey, ConfigValues } from './keys.js';
export { type Config, type ConfigSources, loadConfig, type Origin, type Sourced } from './load.js';
