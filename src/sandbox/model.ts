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

/** What `status` tells: with figures of its machines and of its services. */
export interface SandboxStatus extends Sandbox {
  readonly machines: readonly SandboxMachine[];
  readonly figures: readonly Figure[];
}

/** A machine that nodes of the sandbox run on. */
export interface SandboxMachine {
  /** The engine's name of it. */
  readonly host: string;
  readonly cpus: number;
  /** 100 is one core. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  /** What programs could still get. */
  readonly memoryFreeBytes: number;
  /** The disk that the nodes' files are on; null where it could not be asked. */
  readonly diskBytes: number | null;
  readonly diskFreeBytes: number | null;
}

/** What services tell of the cluster; `figures` of component.yaml says which there are. */
export interface Figure {
  /** e.g. HDFS */
  readonly title: string;
  /** e.g. DataNodes */
  readonly label: string;
  readonly unit: 'count' | 'bytes';
  readonly value: number;
  /** The whole that the value is a part of; null where there is none. */
  readonly of: number | null;
  /** False for a number that it should not have, such as of missing blocks. */
  readonly well: boolean;
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
