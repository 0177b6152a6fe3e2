import { findSandbox } from '../sandbox/index.js';
import { type TakenAndPushed, takeAndPush } from '../snapshot/index.js';
import { Args, BaseCommand, confirmByTyping, Flags, sandboxFlag } from '../ui/index.js';
import { secretsQuestion, snapshotSummary } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

export default class Snapshot extends BaseCommand<TakenAndPushed> {
  static override summary = 'Save a sandbox as it is now: files, memory, logs and stacks.';
  static override description =
    'The sandbox is paused for some seconds and goes on. Without memory (cold) where this engine cannot do it; bdsandbox doctor says why.';
  static override examples = [
    '<%= config.bin %> snapshot bug-123',
    "<%= config.bin %> snapshot bug-123 --sandbox demo --note 'region 7 is stuck'",
    '<%= config.bin %> snapshot before-upgrade --mode cold',
    '<%= config.bin %> snapshot bug-123 --push --yes',
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
    push: Flags.boolean({ default: false, description: 'push it to the private registry afterwards' }),
    yes: Flags.boolean({ char: 'y', dependsOn: ['push'], description: 'do not ask about secrets in memory' }),
    redact: Flags.boolean({ default: true, allowNo: true, description: 'replace secrets in the evidence' }),
  };

  async run(): Promise<TakenAndPushed> {
    const { args, flags } = await this.parse(Snapshot);
    const { values } = await this.loadConfig();
    // Before anything stands still.
    if (flags.push && !flags.yes) {
      await confirmByTyping({
        name: args.name,
        question: secretsQuestion(`can pull from ${values.registry}`),
        flag: '--yes',
      });
    }
    const engines = await openEngines(values);
    const context = { engines, report: this.report, signal: this.signal };
    this.onSecondInterrupt = () => ['the nodes go on by themselves; what is left is removed by: bdsandbox prune'];
    const record = await findSandbox(engines, flags.sandbox, values.owner);
    const mode = flags.mode as 'auto' | 'live' | 'cold';
    const request = { name: args.name, mode, note: flags.note, redact: flags.redact };
    return takeAndPush(context, record, request, flags.push ? values.registry : undefined);
  }

  override render(snapshot: TakenAndPushed): Promise<string> {
    return snapshotSummary(snapshot);
  }

  override names({ name }: TakenAndPushed): string[] {
    return [name];
  }
}
