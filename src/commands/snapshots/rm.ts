import { removeSnapshots, selectRemote, selectSnapshots, withdrawSnapshots } from '../../snapshot/index.js';
import { Args, BaseCommand, confirmByTyping, Flags } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface Removed {
  readonly removed: readonly string[];
  /** The registry that they were removed from; null for those here. */
  readonly registry: string | null;
}

export default class SnapshotsRm extends BaseCommand<Removed> {
  static override summary = 'Remove snapshots with their memory and evidence, here or from the registry.';
  static override description =
    'Asks for the name to be typed, unless --force is given. Without --remote those of this machine, and the registry keeps its copies; refuses while a sandbox runs from one. With --remote those in the registry, for everybody, and copies that were pulled stay. Snapshots below it in the tree stay whole.';
  static override examples = [
    '<%= config.bin %> snapshots rm bug-123',
    '<%= config.bin %> snapshots rm bug-123 before-upgrade --force',
    '<%= config.bin %> snapshots rm bug-123 --remote',
  ];
  static override strict = false;
  static override args = { snapshot: Args.string({ required: true, description: 'names of snapshots' }) };
  static override flags = {
    remote: Flags.boolean({ description: 'from the private registry, not from here' }),
    force: Flags.boolean({ char: 'f', description: 'do not ask' }),
    owner: Flags.string({ description: "whose they are; with --force also another owner's" }),
  };

  async run(): Promise<Removed> {
    const { argv, flags } = await this.parse(SnapshotsRm);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const request = {
      names: argv.map(String),
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
    };
    if (!flags.remote) {
      const snapshots = await selectSnapshots(engines.on(engines.home), request);
      await this.#confirm(snapshots, '', flags.force);
      return { removed: await removeSnapshots(engines, snapshots, this.report), registry: null };
    }
    const context = { engines, report: this.report, signal: this.signal };
    const { registry } = values;
    const snapshots = await selectRemote(context, registry, request);
    await this.#confirm(snapshots, ` from ${registry}, for everybody,`, flags.force);
    return { removed: await withdrawSnapshots(context, registry, snapshots), registry };
  }

  async #confirm(snapshots: readonly { readonly name: string }[], where: string, force: boolean): Promise<void> {
    if (force) return;
    const what = snapshots.map(({ name }) => name).join(' ');
    await confirmByTyping({ name: what, question: `This removes ${what}${where} for good.`, flag: '--force' });
  }

  override render({ removed, registry }: Removed): string {
    return `Removed ${removed.join(', ')}${registry === null ? '' : ` from ${registry}`}.`;
  }

  override names({ removed }: Removed): readonly string[] {
    return removed;
  }
}
