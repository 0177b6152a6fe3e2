import type { ComponentDetails } from '../../catalog/index.js';
import { Args, BaseCommand, prose, table } from '../../ui/index.js';
import { shownComponent } from '../../wiring/index.js';

export default class ComponentsShow extends BaseCommand<ComponentDetails> {
  static override summary = 'Show the services, ports and config files of a component.';
  static override examples = ['<%= config.bin %> components show hbase'];
  static override args = { component: Args.string({ required: true, description: 'name of a component' }) };

  async run(): Promise<ComponentDetails> {
    const { args } = await this.parse(ComponentsShow);
    const { values } = await this.loadConfig();
    return shownComponent(values, args.component);
  }

  override async render(shown: ComponentDetails): Promise<string> {
    const ports = (each: ComponentDetails['services'][number]): string =>
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

  override names({ name }: ComponentDetails): string[] {
    return [name];
  }
}
