import { findSandboxes, type Sandbox } from '../sandbox/index.js';
import type { SnapshotList } from '../snapshot/index.js';
import { BaseCommand, Flags } from '../ui/index.js';
import { sandboxTable, snapshotTable } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Listed {
  readonly sandboxes: readonly Sandbox[];
}

export default class Ls extends BaseCommand<Listed | SnapshotList> {
  static override summary = 'List your sandboxes, or your snapshots.';
  static override description =
    'What the engine knows: a service that ended shows as degraded within 15 seconds, in the first minute of a node somewhat later. bdsandbox status asks each service now.';
  static override examples = [
    '<%= config.bin %> ls',
    '<%= config.bin %> ls -a',
    '<%= config.bin %> ls -q',
    '<%= config.bin %> ls --snapshots',
  ];
  static override flags = {
    'all-owners': Flags.boolean({ char: 'a', description: "everyone's, not only yours" }),
    owner: Flags.string({ description: "this owner's" }),
    snapshots: Flags.boolean({ description: 'snapshots instead, as bdsandbox snapshots ls does' }),
  };

  async run(): Promise<Listed | SnapshotList> {
    const { flags } = await this.parse(Ls);
    const { values } = await this.loadConfig({ owner: flags.owner });
    const engines = await openEngines(values);
    const owner = flags['all-owners'] ? undefined : values.owner;
    if (flags.snapshots) {
      const { listSnapshots } = await import('../snapshot/index.js');
      return listSnapshots(engines.on(engines.home), owner);
    }
    return { sandboxes: (await findSandboxes(engines, { owner })).map(({ sandbox }) => sandbox) };
  }

  override render(listed: Listed | SnapshotList): Promise<string> {
    return 'sandboxes' in listed ? sandboxTable(listed.sandboxes) : snapshotTable(listed);
  }

  override names(listed: Listed | SnapshotList): string[] {
    return ('sandboxes' in listed ? listed.sandboxes : listed.snapshots).map(({ name }) => name);
  }
}
