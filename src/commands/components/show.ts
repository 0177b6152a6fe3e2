import { findComponent } from '../../catalog/index.js';
import { Args, BaseCommand, prose, table } from '../../ui/index.js';
import { openCatalog } from '../../wiring/index.js';

interface Shown {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly folder: string;
  readonly requires: readonly string[];
  /** What --set takes: names of config files and their paths in a node. */
  readonly config: readonly { readonly name: string; readonly path: string; readonly format: string }[];
  readonly services: readonly {
    readonly name: string;
    readonly summary: string;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly publish: boolean }[];
  }[];
}

export default class ComponentsShow extends BaseCommand<Shown> {
  static override summary = 'Show the services, ports and config files of a component.';
  static override examples = ['<%= config.bin %> components show hbase'];
  static override args = { component: Args.string({ required: true, description: 'name of a component' }) };

  async run(): Promise<Shown> {
    const { args } = await this.parse(ComponentsShow);
    const { values } = await this.loadConfig();
    const component = findComponent(await openCatalog(values), args.component);
    return {
      name: component.name,
      summary: component.summary,
      version: component.version,
      folder: component.folder,
      requires: component.requires,
      config: [...component.config.values()].map(({ name, path, format }) => ({ name, path, format })),
      services: [...component.services.values()].map(({ name, summary, ports }) => ({
        name,
        summary,
        ports: [...ports.values()].map((port) => ({ name: port.name, port: port.port, publish: port.publish })),
      })),
    };
  }

  override async render(shown: Shown): Promise<string> {
    const ports = (each: Shown['services'][number]): string =>
      each.ports.map(({ name, port, publish }) => `${name} ${port}${publish ? '*' : ''}`).join(', ');
    return [
      prose(`${shown.name} ${shown.version}: ${shown.summary}`),
      `folder  ${shown.folder}`,
      '',
      await table(
        ['SERVICE', { title: 'PORTS (* published)', flexible: 'wrap' }, { title: 'WHAT IT IS', flexible: 'wrap' }],
        shown.services.map((each) => [each.name, ports(each), each.summary]),
      ),
      '',
      await table(
        ['CONFIG', 'FILE IN A NODE', 'FORMAT'],
        shown.config.map(({ name, path, format }) => [name, path, format]),
      ),
    ].join('\n');
  }

  override names({ name }: Shown): string[] {
    return [name];
  }
}
