export { parseDuration } from './duration.js';
export { type Edited, setValue, unsetValue, type WhichFile } from './edit.js';
export { CONFIG_KEYS, type ConfigKey, type ConfigValues } from './keys.js';
export { type Config, type ConfigSources, type LoadedValues, loadConfig, type Origin, type Sourced } from './load.js';
export { userStateFolder } from './locate.js';
export { sourcesOfProcess } from './of-process.js';
export { listSettings, type Setting, settingNow, settingOf } from './settings.js';
export { parseTimeToLive, type TimeToLive } from './time-to-live.js';
export { isEmbedded } from './trust.js';
