import * as Flags from '@oclif/core/flags';

/** Flags that several commands share. */
export const withFlag = Flags.string({
  multiple: true,
  default: [],
  description: 'another release of a component: COMPONENT=VERSION, or =PATH or =URL of its tarball (#sha512=HEX)',
});

/** Of what a cluster is. */
export const clusterFlags = {
  nodes: Flags.integer({ description: 'number of nodes; the template says which are possible', min: 1 }),
  with: withFlag,
  set: Flags.string({
    multiple: true,
    default: [],
    description: 'a config value, as FILE:KEY=VALUE (hdfs-site:dfs.replication=2)',
  }),
  restart: Flags.string({
    options: ['no', 'on-failure'],
    default: 'no',
    description: 'what happens to a service that dies; by default it stays as evidence',
  }),
};

/** Of what runs in a node. */
export const rightsFlags = {
  user: Flags.string({
    description: 'run as this user of the node, a name or a number, without capabilities',
    exclusive: ['privileged'],
  }),
  privileged: Flags.boolean({
    description: "with the capabilities of the node's container, as apt-get, su, tc and mount need them",
  }),
};

/** Of everything that makes a sandbox. */
export const newSandboxFlags = {
  ttl: Flags.string({
    description: 'time to live, such as 90m, 8h or 2d; your next command after it destroys it. Never ends by default',
  }),
  owner: Flags.string({ description: 'whose sandbox it is; you by default' }),
  publish: Flags.string({
    multiple: true,
    description: 'also publish SERVICE on the host, one port of it as SERVICE.NAME; =PORT fixes the host port',
  }),
  'publish-address': Flags.string({ description: 'host address to publish on; 127.0.0.1 by default' }),
  timeout: Flags.string({ description: 'how long to wait for the services; 10m by default' }),
};

export const sandboxFlag = Flags.string({ env: 'BDSANDBOX_SANDBOX', description: 'name of the sandbox' });

/** Of what hands its standard input on. */
export const noStdinFlag = Flags.boolean({
  char: 'n',
  description: 'leave standard input alone, as ssh -n does: in a loop that reads it',
});

/** Of what changes sandboxes: another owner's only when both are said. */
export const ownerFlags = {
  owner: Flags.string({ description: "whose they are; with --force also another owner's" }),
  force: Flags.boolean({ char: 'f', description: "also another owner's" }),
};

/** Of what waits for services. */
export const waitFlags = {
  wait: Flags.boolean({ default: true, allowNo: true, description: 'wait until every service is ready' }),
  timeout: Flags.string({ description: 'how long to wait for the services; 10m by default' }),
};

/** Of what changes a config file. */
export const configFileFlags = {
  project: Flags.boolean({
    description: "the nearest project's file, else a new one in this folder",
    exclusive: ['user'],
  }),
  user: Flags.boolean({ description: 'your own file; this one by default' }),
};
