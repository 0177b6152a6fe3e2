import { type LoadedValues, loadConfig, sourcesOfProcess } from '../config/index.js';
import type { Engines } from '../engine/index.js';
import { type Report, silent } from '../events/index.js';
import type { FlowContext } from '../sandbox/index.js';
import { openEngines } from '../wiring/index.js';
import type { NewSandboxOptions, ReportingOptions, SettingOptions } from './options.js';

/**
 * How long a sandbox lives that a program made and did not destroy, as when it was killed. Longer than test suites run; a
 * forgotten one is gone by the next morning's first create.
 */
export const DEFAULT_TTL = '2h';

/** Settings and engines of one sandbox's calls. */
export interface Session {
  readonly values: LoadedValues;
  /** Who runs this; `values.owner` may be somebody else. */
  readonly user: string;
  readonly engines: () => Promise<Engines>;
}

/** @throws UsageError for a wrong setting */
export async function openSession(options: SettingOptions & NewSandboxOptions): Promise<Session> {
  const { owner, engine, ttl, timeout } = options;
  const own = await loadConfig(sourcesOfProcess());
  const isTtlSaid = ttl !== undefined || own.ttlMs.origin.kind !== 'default';
  const { values } = await loadConfig(sourcesOfProcess({ owner, engine, timeout, ttl: isTtlSaid ? ttl : DEFAULT_TTL }));
  let opened: Promise<Engines> | undefined;
  return {
    values,
    user: own.values.owner,
    engines: () => {
      opened ??= openEngines(values);
      return opened;
    },
  };
}

export async function contextOf(session: Session, { signal, onEvent }: ReportingOptions): Promise<FlowContext> {
  return { engines: await session.engines(), report: reportTo(onEvent), signal };
}

export function reportTo(onEvent: ReportingOptions['onEvent']): Report {
  return onEvent ?? silent;
}
