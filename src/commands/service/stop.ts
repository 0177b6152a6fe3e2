import { type ChangedServices, changeServices, findOwnServices } from '../../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag } from '../../ui/index.js';
import { changedServices } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

export default class ServiceStop extends BaseCommand<ChangedServices> {
  static override summary = 'Stop services of a sandbox, and wait until they have ended.';
  static override description =
    'Each has some seconds to end by itself. It stays down until it is started, or the whole sandbox is. A service that runs on several nodes is meant on all of them, unless a node is named. The first word is the sandbox where there is one of that name; SANDBOX/NODE/SERVICE is one word.';
  static override usage = 'service stop [SANDBOX[/NODE]] SERVICE...';
  static override examples = [
    '<%= config.bin %> service stop datanode',
    '<%= config.bin %> service stop demo/worker1 datanode regionserver',
    '<%= config.bin %> service stop demo --all',
  ];
  static override strict = false;
  static override args = {
    service: Args.string({ ignoreStdin: true, description: 'sandbox or node, and names of services' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    all: Flags.boolean({ description: 'all services of the sandbox or node' }),

    ...ownerFlags,
  };

  async run(): Promise<ChangedServices> {
    const { argv, flags } = await this.parse(ServiceStop);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const found = await findOwnServices(engines, {
      words: argv.map(String),
      sandbox: flags.sandbox,
      services: flags.all ? 'all' : 'required',
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'service stop',
    });
    const request = { action: 'stop', wait: true } as const;
    return changeServices({ engines, report: this.report, signal: this.signal }, found, request);
  }

  override render(services: ChangedServices): string {
    return changedServices(services);
  }

  override names({ changed }: ChangedServices): readonly string[] {
    return changed;
  }
}
