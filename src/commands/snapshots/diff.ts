import { diffSnapshots, findSnapshot, openEvidence, type SnapshotDifference } from '../../snapshot/index.js';
import { Args, BaseCommand } from '../../ui/index.js';
import { snapshotDifference } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

export default class SnapshotsDiff extends BaseCommand<SnapshotDifference> {
  static override summary = 'Say in what two snapshots differ: versions, settings, config, files, services.';
  static override description =
    'Times, process numbers and log lines do not count. The exit code is 0 also when they differ.';
  static override examples = [
    '<%= config.bin %> snapshots diff good bad',
    "<%= config.bin %> snapshots diff good bad --json | jq '.data.equal'",
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    a: Args.string({ required: true, description: 'name of a snapshot' }),
    b: Args.string({ required: true, description: 'name of the one to compare it with' }),
  };

  protected override readonly texts = ['diff'];

  async run(): Promise<SnapshotDifference> {
    const { args } = await this.parse(SnapshotsDiff);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const engine = engines.on(engines.home);
    const snapshots = await Promise.all([findSnapshot(engine, args.a), findSnapshot(engine, args.b)]);
    // One after the other: they may be the same.
    const [a, b] = [await openEvidence(engine, snapshots[0]), await openEvidence(engine, snapshots[1])];
    return diffSnapshots({ snapshot: snapshots[0], evidence: a }, { snapshot: snapshots[1], evidence: b });
  }

  override render(difference: SnapshotDifference): string {
    return snapshotDifference(difference);
  }

  override names({ evidence }: SnapshotDifference): string[] {
    return evidence?.differing.map(({ node }) => node) ?? [];
  }
}
