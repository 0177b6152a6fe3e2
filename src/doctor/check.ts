import type { EngineInfo, Engines } from '../engine/index.js';
import type { NodePlatform } from '../node/index.js';

export type CheckStatus = 'ok' | 'warning' | 'failed';

export interface Finding {
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do; empty when there is nothing. */
  readonly hint: string;
}

export interface DoctorContext {
  /** @throws EngineUnreachableError */
  readonly openEngines: () => Promise<Engines>;
  /** Configured registry: HOST[:PORT]. */
  readonly registry: string;
}

/** What several checks ask for, found out once and only when one of them asks. */
export interface Facts {
  readonly engines: () => Promise<Engines>;
  readonly info: () => Promise<EngineInfo>;
  /** What a node would find; undefined when there is no image to try it with. */
  readonly platform: () => Promise<NodePlatform | undefined>;
  readonly registry: string;
}

/** One thing that may be wrong. A check that throws has failed, with the error's message and hint. */
export interface Check {
  readonly name: string;
  /** Left out when the engine does not answer: one failure is said once. */
  readonly needsEngine: boolean;
  run(facts: Facts): Promise<Finding>;
}

export function ok(detail: string): Finding {
  return { status: 'ok', detail, hint: '' };
}

export function warning(detail: string, hint: string): Finding {
  return { status: 'warning', detail, hint };
}

export function failed(detail: string, hint: string): Finding {
  return { status: 'failed', detail, hint };
}
