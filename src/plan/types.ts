/**
 * A plan is a template plus the user's options, resolved: everything there is to know about a sandbox before an
 * engine is asked. Pure data; it is written as JSON into each node and into snapshot manifests.
 */
export interface Plan {
  readonly schemaVersion: 1;
  readonly template: string;
  /** Name of the template's topology, e.g. "single" or "cluster". */
  readonly topology: string;
  readonly components: readonly PlannedComponent[];
  readonly nodes: readonly PlannedNode[];
  /** Services, each once, in the order in which they start: each after what it needs. */
  readonly startOrder: readonly string[];
  /** Milliseconds a create waits for every service. */
  readonly readyTimeoutMs: number;
  /** The user's changes that went into the configs, as given: "hdfs-site:dfs.replication=2". */
  readonly settings: readonly string[];
  /** What the supervisor does with a service that ended by itself. */
  readonly restart: RestartPolicy;
  /** sha256 over everything above and the rendered files. */
  readonly digest: string;
}

export type RestartPolicy = 'no' | 'on-failure';

export interface PlannedComponent {
  readonly name: string;
  readonly version: string;
}

export interface PlannedNode {
  /** Hostname, unique in the sandbox. */
  readonly name: string;
  /** 1-based; the constant address is 10.255.0.index. */
  readonly index: number;
  /** The constant inner address. */
  readonly address: string;
  /** Configured host group, e.g. "worker". */
  readonly group: string;
  readonly services: readonly PlannedService[];
  /** Files written into the node before it starts; absolute paths. Left out of plan.json. */
  readonly files: readonly RenderedFile[];
}

export interface RenderedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface PlannedService {
  readonly name: string;
  readonly component: string;
  readonly log: string;
  readonly ports: readonly PlannedPort[];
  /** What to look at when it does not start; from component.yaml. */
  readonly hint: string;
}

export interface PlannedPort {
  /** e.g. "web", "rpc"; unique in the service. */
  readonly name: string;
  readonly port: number;
  readonly protocol: 'http' | 'tcp';
  /** Published on the host by default. */
  readonly publish: boolean;
  /** First page of a web interface, e.g. "/". */
  readonly path: string;
}

/** What the user asks for; everything else comes from the catalog. */
export interface PlanOptions {
  readonly template: string;
  /** Undefined: the template's own default. */
  readonly nodes?: number | undefined;
  /** Component name to version, instead of the component's default. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** FILE:KEY=VALUE, e.g. "hdfs-site:dfs.replication=2"; the last one of a key counts. */
  readonly settings?: readonly string[] | undefined;
  /** Default: no. */
  readonly restart?: RestartPolicy | undefined;
}
