import { type ChangedServices, changeServices, findOwnServices } from '../../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag, waitFlags } from '../../ui/index.js';
import { changedServices } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

export default class ServiceRestart extends BaseCommand<ChangedServices> {
  static override summary = 'Stop services of a sandbox and start them again.';
  static override description =
    'They are stopped as the sandbox is, HBase on all nodes before HDFS, and started at once: each waits for what it needs. One that did not run is started. A service that runs on several nodes is meant on all of them, unless a node is named. The first word is the sandbox where there is one of that name; SANDBOX/NODE/SERVICE is one word.';
  static override usage = 'service restart [SANDBOX[/NODE]] SERVICE...';
  static override examples = [
    '<%= config.bin %> service restart datanode',
    '<%= config.bin %> service restart demo/worker1 datanode regionserver',
    '<%= config.bin %> service restart demo --all',
  ];
  static override strict = false;
  static override args = {
    service: Args.string({ ignoreStdin: true, description: 'sandbox or node, and names of services' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    all: Flags.boolean({ description: 'all services of the sandbox or node' }),
    ...waitFlags,
    ...ownerFlags,
  };

  async run(): Promise<ChangedServices> {
    const { argv, flags } = await this.parse(ServiceRestart);
    const { values } = await this.loadConfig({ timeout: flags.timeout });
    const engines = await openEngines(values);
    const found = await findOwnServices(engines, {
      words: argv.map(String),
      sandbox: flags.sandbox,
      services: flags.all ? 'all' : 'required',
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'service restart',
    });
    const request = { action: 'restart', wait: flags.wait, timeoutMs: values.timeoutMs } as const;
    return changeServices({ engines, report: this.report, signal: this.signal }, found, request);
  }

  override render(services: ChangedServices): string {
    return changedServices(services);
  }

  override names({ changed }: ChangedServices): readonly string[] {
    return changed;
  }
}
