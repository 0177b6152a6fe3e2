/** The order of commands and topics on the first help page and in the reference. One that is in no group comes last. */
export const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  [
    'Clusters',
    ['quickstart', 'create', 'ls', 'wait', 'stop', 'start', 'pause', 'resume', 'extend', 'rename', 'destroy'],
  ],
  ['Looking', ['status', 'logs', 'events', 'ports', 'open']],
  ['Inside a cluster', ['exec', 'shell', 'cp', 'service', 'set', 'swap']],
  ['From this machine', ['env', 'run', 'proxy']],
  ['Snapshots', ['snapshot', 'restore', 'snapshots', 'collect']],
  ['Images and registry', ['images', 'registry']],
  ['Catalog', ['templates', 'components']],
  ['Care', ['doctor', 'config', 'prune', 'completion', 'schema']],
];
