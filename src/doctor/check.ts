import type { Engine, EngineInfo, Engines } from '../engine/index.js';
import type { NodeLimits, NodePlatform } from '../node/index.js';

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
  /** Configured range that sandboxes take their networks from. */
  readonly networkPool: string;
  /** Version of bdsandbox. */
  readonly program: string;
  /** The cluster image of each template, as this version makes it. */
  readonly clusterImages: () => Promise<readonly ClusterImage[]>;
}

export interface ClusterImage {
  readonly template: string;
  /** bdsandbox/NAME:TAG */
  readonly reference: string;
}

/** What a container with a node's rights finds on the engine's machine. */
export interface TriedNode {
  readonly platform: NodePlatform;
  /** undefined where the image cannot tell. */
  readonly limits: NodeLimits | undefined;
  /** How far its clock is ahead of this machine's, at least; negative for behind. */
  readonly clockAheadMs: number;
}

/** What several checks ask for, found out once and only when one of them asks. */
export interface Facts extends Omit<DoctorContext, 'openEngines'> {
  readonly info: () => Promise<EngineInfo>;
  /** undefined when there is no image to try it with. */
  readonly node: () => Promise<TriedNode | undefined>;
  readonly engine: () => Promise<Engine>;
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
