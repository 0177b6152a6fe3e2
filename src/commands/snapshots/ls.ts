import { listSnapshots, type SnapshotList } from '../../snapshot/index.js';
import { BaseCommand, Flags } from '../../ui/index.js';
import { snapshotTable } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

export default class SnapshotsLs extends BaseCommand<SnapshotList> {
  static override summary = 'List your snapshots as a tree: what was taken of what, and its size.';
  static override description =
    'A snapshot of a restored sandbox stands below the one it was restored from. Those that came from other machines are listed whoever took them. UNIQUE SIZE is what a snapshot adds: files written since create or restore, memory, evidence.';
  static override examples = [
    '<%= config.bin %> snapshots ls',
    '<%= config.bin %> snapshots ls -a',
    '<%= config.bin %> snapshots ls -q',
  ];
  static override flags = {
    'all-owners': Flags.boolean({ char: 'a', description: "everyone's, not only yours" }),
    owner: Flags.string({ description: "this owner's" }),
  };

  async run(): Promise<SnapshotList> {
    const { flags } = await this.parse(SnapshotsLs);
    const { values } = await this.loadConfig({ owner: flags.owner });
    const engines = await openEngines(values);
    return listSnapshots(engines.on(engines.home), flags['all-owners'] ? undefined : values.owner);
  }

  override render(list: SnapshotList): Promise<string> {
    return snapshotTable(list);
  }

  override names({ snapshots }: SnapshotList): string[] {
    return snapshots.map(({ name }) => name);
  }
}
