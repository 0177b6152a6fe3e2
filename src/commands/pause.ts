import { type Lifecycle, pauseSandboxes, selectSandboxes } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag } from '../ui/index.js';
import { turnedSandboxes } from '../views/index.js';
import { openEngines, whichSandboxes } from '../wiring/index.js';

export default class Pause extends BaseCommand<Lifecycle> {
  static override summary = 'Freeze every process of sandboxes where it stands.';
  static override description =
    'They use no processor, and keep their memory. What is longer than the timeouts of a cluster is noticed by it at resume.';
  static override examples = [
    '<%= config.bin %> pause',
    '<%= config.bin %> pause demo other',
    '<%= config.bin %> pause --all',
  ];
  static override undoesOnInterrupt = true;
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
    const { argv, flags } = await this.parse(Pause);
    const which = whichSandboxes(argv.map(String), flags);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const records = await selectSandboxes(engines, {
      which,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'pause',
      finished: true,
    });
    const context = { engines, report: this.report, signal: this.signal };
    return pauseSandboxes(context, records);
  }

  override render(turned: Lifecycle): string {
    return turnedSandboxes(turned, 'Paused', 'paused already');
  }

  override names({ sandboxes }: Lifecycle): string[] {
    return sandboxes.map(({ name }) => name);
  }
}
