import { Flow } from '../../events/index.js';
import { ImageStore } from '../../images/index.js';
import { Args, BaseCommand } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface Pushed {
  readonly reference: string;
  readonly registry: string;
}

export default class ImagesPush extends BaseCommand<Pushed> {
  static override summary = 'Push an image to the private registry.';
  static override description =
    "Credentials come from Docker's own config file and helpers (bdsandbox registry login).";
  static override examples = ['<%= config.bin %> images push bdsandbox/hadoop-hbase:TAG'];
  static override args = {
    image: Args.string({ required: true, description: 'reference, as bdsandbox images ls shows it' }),
  };

  async run(): Promise<Pushed> {
    const { args } = await this.parse(ImagesPush);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const store = new ImageStore({
      engine: engines.on(engines.home),
      registry: values.registry,
      signal: this.signal,
      report: this.report,
    });
    const flow = new Flow(`Push ${args.image}`, [{ id: 'push', title: 'Push' }], this.report);
    await flow.step('push', (step) => store.push(args.image, step.progress));
    return { reference: args.image, registry: values.registry };
  }

  override render({ reference, registry }: Pushed): string {
    return `Pushed ${reference} to ${registry}.`;
  }

  override names({ reference }: Pushed): string[] {
    return [reference];
  }
}
