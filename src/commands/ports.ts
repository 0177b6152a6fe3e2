import { type PlacedPort, parseTarget, publishedPortsOf } from '../look/index.js';
import { findSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, sandboxFlag } from '../ui/index.js';
import { portTable } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Listed {
  readonly name: string;
  readonly ports: readonly PlacedPort[];
}

export default class Ports extends BaseCommand<Listed> {
  static override summary = 'Show the ports of a sandbox that this host can reach.';
  static override description = 'No node is asked. --quiet prints the addresses on this host.';
  static override examples = [
    '<%= config.bin %> ports',
    '<%= config.bin %> ports demo/master1',
    '<%= config.bin %> ports demo/master1/namenode -q',
  ];
  static override args = {
    sandbox: Args.string({ description: 'SANDBOX, SANDBOX/NODE or SANDBOX/NODE/SERVICE; your only one by default' }),
  };
  static override flags = { sandbox: sandboxFlag };

  async run(): Promise<Listed> {
    const { args, flags } = await this.parse(Ports);
    const { sandbox, node, service } = parseTarget(args.sandbox);
    const { values } = await this.loadConfig();
    const record = await findSandbox(await openEngines(values), sandbox ?? flags.sandbox, values.owner);
    const services = service === undefined ? [] : [service];
    return { name: record.sandbox.name, ports: await publishedPortsOf(record, { node, services }) };
  }

  override render({ name, ports }: Listed): Promise<string> {
    return portTable(name, ports);
  }

  override names({ ports }: Listed): string[] {
    return ports.map(({ host }) => host);
  }
}
