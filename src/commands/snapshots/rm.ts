import { removeSnapshots, selectSnapshots } from '../../snapshot/index.js';
import { Args, BaseCommand, confirmByTyping, Flags } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface Removed {
  readonly removed: readonly string[];
}

export default class SnapshotsRm extends BaseCommand<Removed> {
  static override summary = 'Remove snapshots with their memory and evidence; the registry keeps its copies.';
  static override description =
    'Asks for the name to be typed, unless --force is given. Refuses while a sandbox runs from it. Snapshots below it in the tree stay whole.';
  static override examples = [
    '<%= config.bin %> snapshots rm bug-123',
    '<%= config.bin %> snapshots rm bug-123 before-upgrade --force',
  ];
  static override strict = false;
  static override args = { snapshot: Args.string({ required: true, description: 'names of snapshots' }) };
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'do not ask' }),
    owner: Flags.string({ description: "whose they are; with --force also another owner's" }),
  };

  async run(): Promise<Removed> {
    const { argv, flags } = await this.parse(SnapshotsRm);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const snapshots = await selectSnapshots(engines.on(engines.home), {
      names: argv.map(String),
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
    });
    if (!flags.force) {
      const what = snapshots.map(({ name }) => name).join(' ');
      await confirmByTyping({ name: what, question: `This removes ${what} for good.`, flag: '--force' });
    }
    return { removed: await removeSnapshots(engines, snapshots, this.report) };
  }

  override render({ removed }: Removed): string {
    return `Removed ${removed.join(', ')}.`;
  }

  override names({ removed }: Removed): readonly string[] {
    return removed;
  }
}
