import type { ServiceState } from '../events/index.js';

/** What `--json` prints; docs/reference/json.md. Times are UTC ISO 8601, sizes bytes, durations milliseconds. */
export interface Sandbox {
  readonly name: string;
  readonly owner: string;
  readonly host: string;
  readonly template: string;
  readonly topology: string;
  readonly state: SandboxState;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly parentSnapshot: string | null;
  readonly startedFrom: string;
  readonly nodes: readonly SandboxNode[];
}

export type SandboxState = 'creating' | 'running' | 'degraded' | 'stopped' | 'error';
export type NodeState = 'created' | 'running' | 'degraded' | 'paused' | 'stopped' | 'dead';

export interface SandboxNode {
  readonly name: string;
  readonly container: string;
  /** Constant inner address. */
  readonly address: string;
  readonly bridgeAddress: string | null;
  readonly state: NodeState;
  /** Empty where they were not asked for (`ls`). */
  readonly services: readonly NodeService[];
  readonly ports: readonly NodePort[];
  /** 100 is one core; null where it was not asked for. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
}

export interface NodeService {
  readonly name: string;
  readonly component: string;
  readonly state: ServiceState;
  readonly pid: number | null;
  readonly since: string | null;
  readonly detail: string;
}

export interface NodePort {
  readonly service: string;
  /** e.g. web, rpc */
  readonly name: string;
  readonly container: number;
  /** ADDRESS:PORT on the engine's host */
  readonly host: string;
  /** For web pages; null for others. */
  readonly url: string | null;
}
