import { type PlacedPort, parseTarget, publishedPortsOf } from '../look/index.js';
import { findSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, sandboxFlag } from '../ui/index.js';
import { portTable } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Listed {
  readonly name: string;
  /** The engine's name of the machine that the addresses are of. */
  readonly host: string;
  readonly ports: readonly PlacedPort[];
}

export default class Ports extends BaseCommand<Listed> {
  static override summary = 'Show the published ports of a sandbox.';
  static override description =
    'No node is asked. --quiet prints the addresses. They are of the host of the engine; where that is another machine, the ways there are shown.';
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
    return {
      name: record.sandbox.name,
      host: record.sandbox.host,
      ports: await publishedPortsOf(record, { node, services }),
    };
  }

  override render({ name, host, ports }: Listed): Promise<string> {
    return portTable(name, host, ports);
  }

  override names({ ports }: Listed): string[] {
    return ports.map(({ host }) => host);
  }
}
