import type { ComponentSummary } from '../../catalog/index.js';
import { BaseCommand, table } from '../../ui/index.js';
import { shownComponents } from '../../wiring/index.js';

interface Listed {
  readonly components: readonly ComponentSummary[];
}

export default class ComponentsLs extends BaseCommand<Listed> {
  static override summary = 'List the components that templates are made of.';
  static override examples = ['<%= config.bin %> components ls'];

  async run(): Promise<Listed> {
    await this.parse(ComponentsLs);
    const { values } = await this.loadConfig();
    return { components: await shownComponents(values) };
  }

  override render({ components }: Listed): Promise<string> {
    return table(
      ['COMPONENT', 'VERSION', { title: 'SERVICES', flexible: 'wrap' }, { title: 'WHAT IT IS', flexible: 'wrap' }],
      components.map(({ name, version, services, summary }) => [name, version, services.join(' '), summary]),
    );
  }

  override names({ components }: Listed): string[] {
    return components.map(({ name }) => name);
  }
}
