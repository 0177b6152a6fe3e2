import { type Lifecycle, selectSandboxes, startSandboxes } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag, waitFlags } from '../ui/index.js';
import { startedSandboxes } from '../views/index.js';
import { openEngines, whichSandboxes } from '../wiring/index.js';

export default class Start extends BaseCommand<Lifecycle> {
  static override summary = 'Start sandboxes that were stopped, until every service is ready.';
  static override description =
    'The services begin from the files that are there. Ports on this host that were not fixed may be others than before. One that is paused goes on.';
  static override examples = [
    '<%= config.bin %> start',
    '<%= config.bin %> start demo other',
    '<%= config.bin %> start --all',
  ];
  static override strict = false;
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'names of sandboxes; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    all: Flags.boolean({ description: 'all of yours' }),
    ...waitFlags,
    ...ownerFlags,
  };

  async run(): Promise<Lifecycle> {
    const { argv, flags } = await this.parse(Start);
    const which = whichSandboxes(argv.map(String), flags);
    const { values } = await this.loadConfig({ timeout: flags.timeout });
    const engines = await openEngines(values);
    const records = await selectSandboxes(engines, {
      which,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'start',
      finished: true,
    });
    const context = { engines, report: this.report, signal: this.signal };
    return startSandboxes(context, records, { wait: flags.wait, timeoutMs: values.timeoutMs });
  }

  override async render(turned: Lifecycle): Promise<string> {
    return startedSandboxes(turned);
  }

  override names({ sandboxes }: Lifecycle): string[] {
    return sandboxes.map(({ name }) => name);
  }
}
