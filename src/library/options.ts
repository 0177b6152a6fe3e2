import type { FlowEvent } from '../events/index.js';

// Written out and not taken from the core: what users of the library see is a contract of its own, and that the core
// fits it is checked where it is returned.

/** Of every call. */
export interface Options {
  /**
   * Ends the call with an InterruptedError. What makes something (create, restore, snapshot, collect) first removes what
   * it has made so far.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Of every call that takes its time. */
export interface ReportingOptions extends Options {
  /** Gets progress and warnings; the library prints nothing. */
  readonly onEvent?: ((event: FlowEvent) => void) | undefined;
}

/** Settings; what is not said here comes from BDSANDBOX_* variables and the config files, as for the program. */
export interface SettingOptions {
  readonly owner?: string | undefined;
  /** Endpoint of the container engine. */
  readonly engine?: string | undefined;
}

export interface NewSandboxOptions extends ReportingOptions, SettingOptions {
  /** By default the name of the template or snapshot, then -2, -3, ... */
  readonly name?: string | undefined;
  /** Time to live, such as "90m"; "none" for ever. By default that of the settings, else DEFAULT_TTL. */
  readonly ttl?: string | undefined;
  /** How long to wait for the services, such as "5m". */
  readonly timeout?: string | undefined;
  /** Services to publish beside those of the template: "SERVICE", "SERVICE.NAME" or "SERVICE=PORT". */
  readonly publish?: readonly string[] | undefined;
  /** Keep a sandbox whose services do not start, to look inside. */
  readonly keep?: boolean | undefined;
  /** Until every service is ready; true by default. */
  readonly wait?: boolean | undefined;
}

/** As the flags of `bdsandbox create`. */
export interface CreateOptions extends NewSandboxOptions {
  readonly nodes?: number | undefined;
  /** Config values, each as "FILE:KEY=VALUE". */
  readonly set?: readonly string[] | undefined;
  /** Other releases of components, each as "COMPONENT=VERSION", "=PATH" or "=URL". */
  readonly with?: readonly string[] | undefined;
  readonly restart?: 'no' | 'on-failure' | undefined;
  /** Start every service, even where a golden snapshot is there. */
  readonly cold?: boolean | undefined;
}

export interface RestoreOptions extends NewSandboxOptions {
  readonly mode?: 'auto' | 'live' | 'cold' | undefined;
  /** Also one from a file: with its memory, and with rights by which its programs could reach this machine. */
  readonly trust?: boolean | undefined;
}

export interface ExecOptions extends Options {
  /** The first node by default. */
  readonly node?: string | undefined;
  /** Standard input; without it the command reads nothing. */
  readonly input?: string | Uint8Array | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly workingDirectory?: string | undefined;
}

export interface RunOptions extends ReportingOptions {
  /** How the program finds the nodes: by an /etc/hosts of its own, by an option of JVMs, or by what is possible. */
  readonly names?: 'auto' | 'hosts' | 'jvm' | undefined;
  /** How it reaches them: directly, through the engine, or by what is possible. */
  readonly via?: 'auto' | 'direct' | 'tunnel' | undefined;
  /** On top of this process's own environment. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly workingDirectory?: string | undefined;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What programs of this machine need to talk to the sandbox, as of `bdsandbox env`. */
export interface ClientEnvironment {
  /** For the environment of a program, such as HADOOP_CONF_DIR and HBASE_CONF_DIR. */
  readonly variables: Readonly<Record<string, string>>;
  /** The kit's folder. */
  readonly folder: string;
  /** Addresses of the nodes by name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** This machine, as the nodes see it. */
  readonly clientAddress: string;
}

export interface SnapshotOptions extends ReportingOptions {
  readonly mode?: 'auto' | 'live' | 'cold' | undefined;
  readonly note?: string | undefined;
  /** Replace secrets in the evidence; true by default. */
  readonly redact?: boolean | undefined;
  /** Push it to the registry of the settings. Memory may hold secrets: nobody asks. */
  readonly push?: boolean | undefined;
}

/** What `bdsandbox snapshots show` knows in full. */
export interface KeptSnapshot {
  readonly name: string;
  readonly id: string;
  readonly mode: 'live' | 'cold';
  /** Why not live; empty for a live one, and where cold was asked for. */
  readonly reason: string;
  readonly createdAt: string;
  /** How long the sandbox stood still. */
  readonly frozenMs: number;
  /** The registry it was pushed to; null when it was not to be. */
  readonly registry: string | null;
}

export interface CollectOptions extends ReportingOptions {
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
  /** Replace secrets; true by default. */
  readonly redact?: boolean | undefined;
}

export interface Collected {
  /** The absolute path. */
  readonly file: string;
  readonly bytes: number;
  readonly files: number;
  /** How many secrets were replaced. */
  readonly redacted: number;
  /** What could not be had, one line each. */
  readonly problems: readonly string[];
}
