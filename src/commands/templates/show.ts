import type { TemplateDetails } from '../../plan/index.js';
import { Args, BaseCommand, prose, table } from '../../ui/index.js';
import { shownTemplate } from '../../wiring/index.js';

export default class TemplatesShow extends BaseCommand<TemplateDetails> {
  static override summary = 'Show what a template is made of, and where its services run.';
  static override examples = ['<%= config.bin %> templates show hadoop-hbase'];
  static override args = { template: Args.string({ required: true, description: 'name of a template' }) };

  async run(): Promise<TemplateDetails> {
    const { args } = await this.parse(TemplatesShow);
    const { values } = await this.loadConfig();
    return shownTemplate(values, args.template);
  }

  override async render(shown: TemplateDetails): Promise<string> {
    const components = shown.components.map(({ name, version }) => `${name} ${version}`).join(', ');
    return [
      prose(`${shown.name}: ${shown.summary}`),
      prose(`components  ${components}`, { indent: 12 }),
      `file        ${shown.file}`,
      '',
      await table(
        ['NODE', { title: 'SERVICES', flexible: 'wrap' }],
        shown.nodes.map(({ name, services }) => [name, services.join(' ')]),
      ),
    ].join('\n');
  }

  override names({ name }: TemplateDetails): string[] {
    return [name];
  }
}
