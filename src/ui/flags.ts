import * as Flags from '@oclif/core/flags';

/** Flags that several commands share. */
export const withFlag = Flags.string({
  multiple: true,
  default: [],
  description: 'another release of a component: COMPONENT=VERSION, or =PATH or =URL of its tarball (#sha512=HEX)',
});

export const clusterFlags = {
  with: withFlag,
  set: Flags.string({
    multiple: true,
    default: [],
    description: 'a config value, as FILE:KEY=VALUE (hdfs-site:dfs.replication=2)',
  }),
};

export const sandboxFlag = Flags.string({ env: 'BDSANDBOX_SANDBOX', description: 'name of the sandbox' });
