import type { ConfigValues } from './keys.js';

/** What comes from the configured registry and may run with the rights of a node. */
export interface RegistryTrust {
  /** Those that a user names: else they are restored confined. */
  readonly snapshots: boolean;
  /** Those that `create` begins with unasked: else no registry is asked for them. */
  readonly goldens: boolean;
}

/**
 * A registry on this machine, and one that the user's own settings list, are trusted with both. Any other one that the
 * user's own settings name is trusted with snapshots, as with images; one that a project's file names is not: entering a
 * folder must not be enough.
 */
export function trustOf(
  { registry, trustedRegistries }: Pick<ConfigValues, 'registry' | 'trustedRegistries'>,
  isOfProject: boolean,
): RegistryTrust {
  const goldens = isEmbedded(registry) || trustedRegistries.includes(registry);
  return { goldens, snapshots: goldens || !isOfProject };
}

/** Whether a registry is one that this machine can run itself. */
export function isEmbedded(registry: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost)(:\d+)?$/.test(registry);
}
