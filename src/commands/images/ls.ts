import { describeImages, ImageStore, type ListedImage } from '../../images/index.js';
import { ago, BaseCommand, bytes, table } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface Listed {
  readonly images: readonly ListedImage[];
}

export default class ImagesLs extends BaseCommand<Listed> {
  static override summary = 'List the images that bdsandbox made on this engine.';
  static override examples = ['<%= config.bin %> images ls'];

  async run(): Promise<Listed> {
    await this.parse(ImagesLs);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const store = new ImageStore({ engine: engines.on(engines.home), registry: values.registry, report: this.report });
    return { images: describeImages(await store.list()) };
  }

  override render({ images }: Listed): Promise<string> {
    return table(
      [
        'IMAGE',
        { title: 'KIND', drop: 2 },
        { title: 'SIZE', align: 'right' },
        { title: 'CREATED', drop: 1 },
        { title: 'VERSIONS', flexible: 'wrap' },
      ],
      images.map((image) => [
        image.reference,
        image.kind,
        bytes(image.sizeBytes),
        ago(image.createdAt),
        image.versions,
      ]),
    );
  }

  override names({ images }: Listed): string[] {
    return images.map(({ reference }) => reference);
  }
}
