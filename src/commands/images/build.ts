import { Flow } from '../../events/index.js';
import { type EnsuredImage, ImageStore } from '../../images/index.js';
import { Args, BaseCommand, bytes, Flags, withFlag } from '../../ui/index.js';
import { openCatalog, openEngines, prepareImage, releaseOptions } from '../../wiring/index.js';

interface Built extends EnsuredImage {
  readonly pushed: boolean;
  readonly timings: Readonly<Record<string, number>>;
}

export default class ImagesBuild extends BaseCommand<Built> {
  static override summary = 'Make the image of a template, and all it needs.';
  static override description =
    'The tag is a digest of every input: what the engine or the registry has already is not built again.';
  static override examples = [
    '<%= config.bin %> images build hadoop-hbase',
    '<%= config.bin %> images build hadoop-hbase --with hbase=./hbase-2.6.2-bin.tar.gz',
    '<%= config.bin %> images build hadoop-hbase --push',
  ];
  static override args = { template: Args.string({ required: true, description: 'name of a template' }) };
  static override flags = {
    with: withFlag,
    push: Flags.boolean({ default: false, description: 'push it to the registry too' }),
    'no-cache': Flags.boolean({ description: 'build everything anew, from the package repository on' }),
  };

  async run(): Promise<Built> {
    const { args, flags } = await this.parse(ImagesBuild);
    const { values } = await this.loadConfig();
    const recipe = await prepareImage(
      await openCatalog(values),
      { template: args.template, releases: flags.with },
      releaseOptions(values, this.report, this.signal),
    );
    const engines = await openEngines(values);
    const store = new ImageStore({
      engine: engines.on(engines.home),
      registry: values.registry,
      signal: this.signal,
      report: this.report,
    });
    const steps = [{ id: 'build', title: 'Image' }, ...(flags.push ? [{ id: 'push', title: 'Push' }] : [])];
    const flow = new Flow(`Build ${args.template}`, steps, this.report);
    const image = await flow.step('build', (step) =>
      flags['no-cache'] ? store.build(recipe, step.progress, { noCache: true }) : store.ensure(recipe, step.progress),
    );
    if (flags.push) await flow.step('push', (step) => store.push(image.reference, step.progress));
    return { ...image, pushed: flags.push, timings: flow.timings() };
  }

  override render({ reference, origin, sizeBytes, pushed }: Built): string {
    const what = origin === 'built' ? 'Built' : `Found in the ${origin}:`;
    return `${what} ${reference} (${bytes(sizeBytes)})${pushed ? ' and pushed it' : ''}.`;
  }

  override names({ reference }: Built): string[] {
    return [reference];
  }
}
