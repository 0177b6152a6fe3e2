import type { Readable } from 'node:stream';

/** A tar of files of a node. An entry's path in the node is the prefix and the entry's name. */
export interface FilesTar {
  /** Absolute folder, e.g. "/etc" for an archive of /etc/hadoop (entries hadoop/...), "/" for the files of a running node. */
  readonly prefix: string;
  readonly tar: Readable;
  /** Folders in the node; what is elsewhere in the tar is passed over. All of it when absent. */
  readonly only?: readonly string[];
}

export interface NodeSource {
  readonly node: string;
  /** What `evidence views` wrote; undefined for a node that did not run. */
  readonly views: Readable | undefined;
  /** /etc first: what was planned tells config from logs elsewhere. */
  readonly files: readonly FilesTar[];
  /** What could not be had, for people. */
  readonly problems?: readonly string[];
}

export interface TimedEvent {
  /** UTC ISO 8601 */
  readonly at: string;
  readonly [detail: string]: unknown;
}

export interface EvidenceSource {
  /** Of the sandbox or snapshot: the folder in the bundle is called after it. */
  readonly name: string;
  /** Becomes about.json. */
  readonly about: object;
  /** Become events.jsonl, with what the nodes noted themselves: the last of all, in the order of time. */
  readonly events: readonly TimedEvent[];
  readonly nodes: readonly NodeSource[];
}

export interface WriteOptions {
  readonly redact: boolean;
  readonly signal?: AbortSignal;
}

export interface WrittenEvidence {
  /** sha256:HEX of the file. */
  readonly digest: string;
  readonly bytes: number;
  /** Entries of the bundle. */
  readonly files: number;
  /** Places where something secret was replaced. */
  readonly redacted: number;
}
