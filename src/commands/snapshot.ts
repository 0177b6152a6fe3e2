import { findSandbox } from '../sandbox/index.js';
import { type TakenSnapshot, takeSnapshot } from '../snapshot/index.js';
import { Args, BaseCommand, Flags, sandboxFlag } from '../ui/index.js';
import { snapshotSummary } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

export default class Snapshot extends BaseCommand<TakenSnapshot> {
  static override summary = 'Keep a sandbox as it is this moment: files, memory and evidence of all nodes.';
  static override description =
    'The sandbox stands still for some seconds and goes on. Without memory (cold) where this engine cannot do it; bdsandbox doctor says why.';
  static override examples = [
    '<%= config.bin %> snapshot bug-123',
    "<%= config.bin %> snapshot bug-123 --sandbox demo --note 'region 7 stuck in transition'",
    '<%= config.bin %> snapshot before-upgrade --mode cold',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    name: Args.string({ required: true, description: 'name of the snapshot: 1 to 40 of a-z, 0-9 and -' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    mode: Flags.string({
      options: ['auto', 'live', 'cold'],
      default: 'auto',
      description: 'live keeps the memory too; cold the files; auto takes live where it can',
    }),
    note: Flags.string({ default: '', description: 'what is to be seen in it' }),
    redact: Flags.boolean({ default: true, allowNo: true, description: 'replace secrets in the evidence' }),
  };

  async run(): Promise<TakenSnapshot> {
    const { args, flags } = await this.parse(Snapshot);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    this.onSecondInterrupt = () => ['the nodes go on by themselves; what is left is removed by: bdsandbox prune'];
    return takeSnapshot(
      { engines, report: this.report, signal: this.signal },
      await findSandbox(engines, flags.sandbox, values.owner),
      { name: args.name, mode: flags.mode as 'auto' | 'live' | 'cold', note: flags.note, redact: flags.redact },
    );
  }

  override render(snapshot: TakenSnapshot): string {
    return snapshotSummary(snapshot);
  }

  override names({ name }: TakenSnapshot): string[] {
    return [name];
  }
}
