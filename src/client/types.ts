import type { Host } from './hosts.js';

/** What a program outside needs to talk with a sandbox: config and names, in a folder. */
export interface Kit {
  readonly sandbox: string;
  readonly folder: string;
  readonly hosts: readonly Host[];
  /** Of this machine, as the nodes see it: what they call back. */
  readonly clientAddress: string;
  /** Variables that name folders with config, to the folder's path in the kit. */
  readonly folders: Readonly<Record<string, string>>;
  /** Relative to the folder. */
  readonly files: readonly string[];
  /** What is not in it, one line each. */
  readonly problems: readonly string[];
}

/** Names of two of its files. */
export const JVM_HOSTS = 'hosts';
export const SYSTEM_HOSTS = 'etc-hosts';
