import { ImageStore } from '../../images/index.js';
import { Args, BaseCommand } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface Removed {
  readonly removed: readonly string[];
}

export default class ImagesRm extends BaseCommand<Removed> {
  static override summary = 'Remove images from this engine; the registry keeps its copies.';
  static override examples = ['<%= config.bin %> images rm bdsandbox/hadoop-hbase:TAG'];
  static override strict = false;
  static override args = {
    image: Args.string({ required: true, description: 'references, as bdsandbox images ls shows them' }),
  };

  async run(): Promise<Removed> {
    const { argv } = await this.parse(ImagesRm);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const store = new ImageStore({ engine: engines.on(engines.home), registry: values.registry, report: this.report });
    const removed = argv.map(String);
    for (const reference of removed) await store.remove(reference);
    return { removed };
  }

  override render({ removed }: Removed): string {
    return `Removed ${removed.join(', ')}.`;
  }

  override names({ removed }: Removed): readonly string[] {
    return removed;
  }
}
