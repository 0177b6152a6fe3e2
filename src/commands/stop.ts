import { type Lifecycle, selectSandboxes, stopSandboxes } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag } from '../ui/index.js';
import { turnedSandboxes } from '../views/index.js';
import { openEngines, whichSandboxes } from '../wiring/index.js';

export default class Stop extends BaseCommand<Lifecycle> {
  static override summary = 'Stop sandboxes: their services in order, then the nodes.';
  static override description =
    'Files stay, memory does not: start brings the services up again from the files. Sandboxes keep their name and addresses.';
  static override examples = [
    '<%= config.bin %> stop',
    '<%= config.bin %> stop demo other',
    '<%= config.bin %> stop --all',
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
    const { argv, flags } = await this.parse(Stop);
    const which = whichSandboxes(argv.map(String), flags);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const records = await selectSandboxes(engines, {
      which,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'stop',
      finished: true,
    });
    const context = { engines, report: this.report, signal: this.signal };
    return stopSandboxes(context, records);
  }

  override render(turned: Lifecycle): string {
    return turnedSandboxes(turned, 'Stopped', 'stopped already');
  }

  override names({ sandboxes }: Lifecycle): string[] {
    return sandboxes.map(({ name }) => name);
  }
}
