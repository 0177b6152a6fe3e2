export { parseDuration } from './duration.js';
export { CONFIG_KEYS, type ConfigKey, type ConfigValues } from './keys.js';
export { type Config, type ConfigSources, loadConfig, type Origin, type Sourced } from './load.js';
