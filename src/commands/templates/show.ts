import { findTemplate, sizesOfTemplate } from '../../catalog/index.js';
import { makePlan } from '../../plan/index.js';
import { Args, BaseCommand, prose, table } from '../../ui/index.js';
import { openCatalog } from '../../wiring/index.js';

interface Shown {
  readonly name: string;
  readonly summary: string;
  readonly file: string;
  readonly components: readonly { readonly name: string; readonly version: string }[];
  /** Every possible number of nodes. */
  readonly sizes: readonly number[];
  readonly defaultNodes: number;
  /** The nodes of the default size. */
  readonly nodes: readonly { readonly name: string; readonly services: readonly string[] }[];
}

export default class TemplatesShow extends BaseCommand<Shown> {
  static override summary = 'Show what a template is made of, and where its services run.';
  static override examples = ['<%= config.bin %> templates show hadoop-hbase'];
  static override args = { template: Args.string({ required: true, description: 'name of a template' }) };

  async run(): Promise<Shown> {
    const { args } = await this.parse(TemplatesShow);
    const { values } = await this.loadConfig();
    const catalog = await openCatalog(values);
    const template = findTemplate(catalog, args.template);
    const plan = makePlan(catalog, { template: template.name, versions: {}, settings: [], restart: 'no' });
    return {
      name: template.name,
      summary: template.summary,
      file: template.file,
      components: plan.components,
      sizes: sizesOfTemplate(template),
      defaultNodes: template.defaultNodes,
      nodes: plan.nodes.map(({ name, services }) => ({ name, services: services.map((service) => service.name) })),
    };
  }

  override async render(shown: Shown): Promise<string> {
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

  override names({ name }: Shown): string[] {
    return [name];
  }
}
