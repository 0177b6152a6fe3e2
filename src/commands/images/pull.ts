import type { ConfigValues } from '../../config/index.js';
import { didYouMean, NotFoundError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { ImageStore } from '../../images/index.js';
import { Args, BaseCommand } from '../../ui/index.js';
import { clusterImages, openEngines } from '../../wiring/index.js';

interface Pulled {
  readonly reference: string;
  readonly registry: string;
}

export default class ImagesPull extends BaseCommand<Pulled> {
  static override summary = 'Pull an image from the private registry.';
  static override description =
    "Credentials come from Docker's own config file and helpers (bdsandbox registry login).";
  static override examples = ['<%= config.bin %> images pull bdsandbox/hadoop-hbase:TAG'];
  static override args = {
    image: Args.string({ required: true, description: 'reference, as bdsandbox images ls shows it' }),
  };

  async run(): Promise<Pulled> {
    const { args } = await this.parse(ImagesPull);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const store = new ImageStore({
      engine: engines.on(engines.home),
      registry: values.registry,
      signal: this.signal,
      report: this.report,
    });
    const flow = new Flow(`Pull ${args.image}`, [{ id: 'pull', title: 'Pull' }], this.report);
    await flow
      .step('pull', (step) => store.pull(args.image, step.progress))
      .catch(async (error: unknown) => {
        throw error instanceof NotFoundError ? await noImage(error, args.image, values) : error;
      });
    return { reference: args.image, registry: values.registry };
  }

  override render({ reference, registry }: Pulled): string {
    return `Pulled ${reference} from ${registry}.`;
  }

  override names({ reference }: Pulled): string[] {
    return [reference];
  }
}

/** Names of images end in digests, so that it is mostly the template that people know. */
async function noImage(error: NotFoundError, image: string, values: ConfigValues): Promise<NotFoundError> {
  const known = (await clusterImages(values)).map(({ reference }) => reference);
  return new NotFoundError(
    `${error.message}${didYouMean(image, known)}`,
    `the images of the templates are ${known.join(', ')}`,
    { cause: error },
  );
}
