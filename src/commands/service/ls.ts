import { findServices, listServices, type ServiceOnNode } from '../../sandbox/index.js';
import { Args, BaseCommand, sandboxFlag } from '../../ui/index.js';
import { serviceTable } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

interface Services {
  readonly sandbox: string;
  readonly services: readonly ServiceOnNode[];
}

export default class ServiceLs extends BaseCommand<Services> {
  static override summary = 'List the services of a sandbox, and what each says of itself.';
  static override usage = 'service ls [SANDBOX[/NODE]] [SERVICE...]';
  static override examples = [
    '<%= config.bin %> service ls',
    '<%= config.bin %> service ls demo/worker1',
    '<%= config.bin %> service ls demo datanode --json',
  ];
  static override strict = false;
  static override args = {
    service: Args.string({ ignoreStdin: true, description: 'sandbox or node, and names of services' }),
  };
  static override flags = { sandbox: sandboxFlag };

  async run(): Promise<Services> {
    const { argv, flags } = await this.parse(ServiceLs);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const { sandbox } = flags;
    const words = argv.map(String);
    const found = await findServices(engines, { words, sandbox, owner: values.owner, services: 'optional' });
    return { sandbox: found.record.sandbox.name, services: await listServices(engines, found) };
  }

  override render({ services }: Services): Promise<string> {
    return serviceTable(services);
  }

  override names({ services }: Services): string[] {
    return services.map(({ node, name }) => `${node}/${name}`);
  }
}
