import type { TemplateSummary } from '../../catalog/index.js';
import { BaseCommand, table } from '../../ui/index.js';
import { shownTemplates } from '../../wiring/index.js';

interface Listed {
  readonly templates: readonly TemplateSummary[];
}

export default class TemplatesLs extends BaseCommand<Listed> {
  static override summary = 'List the kinds of clusters that can be created.';
  static override examples = ['<%= config.bin %> templates ls'];

  async run(): Promise<Listed> {
    await this.parse(TemplatesLs);
    const { values } = await this.loadConfig();
    return { templates: await shownTemplates(values) };
  }

  override render({ templates }: Listed): Promise<string> {
    return table(
      ['TEMPLATE', 'NODES', { title: 'COMPONENTS', flexible: 'wrap' }, { title: 'WHAT IT IS', flexible: 'wrap' }],
      templates.map(({ name, sizes, components, summary }) => [name, sizes, components.join(' '), summary]),
    );
  }

  override names({ templates }: Listed): string[] {
    return templates.map(({ name }) => name);
  }
}
