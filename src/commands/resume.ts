import { type Lifecycle, resumeSandboxes, selectSandboxes } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag } from '../ui/index.js';
import { turnedSandboxes } from '../views/index.js';
import { openEngines, whichSandboxes } from '../wiring/index.js';

export default class Resume extends BaseCommand<Lifecycle> {
  static override summary = 'Let paused sandboxes go on where they were.';
  static override examples = [
    '<%= config.bin %> resume',
    '<%= config.bin %> resume demo other',
    '<%= config.bin %> resume --all',
  ];
  static override strict = false;
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'names of sandboxes; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    all: Flags.boolean({ description: 'all of yours' }),

    ...ownerFlags,
  };

  async run(): Promise<Lifecycle> {
    const { argv, flags } = await this.parse(Resume);
    const which = whichSandboxes(argv.map(String), flags);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const records = await selectSandboxes(engines, {
      which,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'resume',
      finished: true,
    });
    const context = { engines, report: this.report, signal: this.signal };
    return resumeSandboxes(context, records);
  }

  override render(turned: Lifecycle): string {
    return turnedSandboxes(turned, 'Resumed', 'running already');
  }

  override names({ sandboxes }: Lifecycle): string[] {
    return sandboxes.map(({ name }) => name);
  }
}
