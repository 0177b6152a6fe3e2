import { type Check, ok, warning } from './check.js';

export const engineCheck: Check = {
  name: 'engine',
  needsEngine: true,
  async run({ info }) {
    const { name, version, storageDriver, operatingSystem } = await info();
    return ok(`version ${version} (${storageDriver}) on ${name}, ${operatingSystem}`);
  },
};

/** First one with time namespaces: processes that come back must not see the clock jump. */
const OLDEST = [5, 6] as const;

export const kernelCheck: Check = {
  name: 'kernel',
  needsEngine: true,
  async run({ info }) {
    const { kernel, architecture } = await info();
    const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
    const old = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
    if (!old) return ok(`${kernel}, ${architecture}`);
    return warning(
      `${kernel}, ${architecture}: older than ${OLDEST.join('.')}, so that clocks jump in what is restored live`,
      'snapshots work without memory: --mode cold',
    );
  },
};
