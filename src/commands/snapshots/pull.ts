import { type PulledSnapshot, pullSnapshot } from '../../snapshot/index.js';
import { Args, BaseCommand, Flags } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

export default class SnapshotsPull extends BaseCommand<PulledSnapshot> {
  static override summary = 'Pull a snapshot that somebody pushed to the private registry.';
  static override description =
    'Only what is not here yet travels. bdsandbox restore does it by itself for a snapshot that is not here.';
  static override examples = [
    '<%= config.bin %> snapshots pull bug-123',
    '<%= config.bin %> snapshots pull bug-123 --as theirs',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    snapshot: Args.string({ required: true, description: 'name of the snapshot in the registry' }),
  };
  static override flags = {
    as: Flags.string({ description: 'its name here; the same by default' }),
  };

  async run(): Promise<PulledSnapshot> {
    const { args, flags } = await this.parse(SnapshotsPull);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    return pullSnapshot(
      { engines, report: this.report, signal: this.signal },
      { name: args.snapshot, registry: values.registry, trusted: values.trust.snapshots, as: flags.as },
    );
  }

  override render({ snapshot, registry, already }: PulledSnapshot): string {
    if (already) return `${snapshot} is here already.`;
    return `Pulled ${snapshot} from ${registry}.\n\nTry next: bdsandbox restore ${snapshot}`;
  }

  override names({ snapshot }: PulledSnapshot): string[] {
    return [snapshot];
  }
}
