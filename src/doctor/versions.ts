import { IMAGE_LABELS } from '../images/index.js';
import { type Check, failed, ok, warning } from './check.js';

/** The oldest engine that is tried. */
const OLDEST = [20, 10] as const;

export const versionsCheck: Check = {
  name: 'versions',
  needsEngine: false,
  async run({ info, program }) {
    const own = `bdsandbox ${program}, Node ${process.versions.node}`;
    const engine = await info().then(
      ({ version }) => version,
      () => undefined,
    );
    if (engine === undefined) return ok(own);
    const [major = 0, minor = 0] = engine.split('.').map(Number);
    const detail = `${own}, engine ${engine}`;
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return ok(detail);
    return failed(`${detail}, older than ${OLDEST.join('.')}`, 'install a newer Docker Engine');
  },
};

/** An image's tag is a digest of all that it is made of, so one of another version has another tag. */
export const imagesCheck: Check = {
  name: 'images',
  needsEngine: true,
  async run({ engine, clusterImages }) {
    const [wanted, images] = await Promise.all([
      clusterImages(),
      engine().then((found) => found.images.list({ [IMAGE_LABELS.kind]: 'cluster' })),
    ]);
    const there = wanted.map((image) => ({
      ...image,
      others: images.filter(({ labels, references }) => {
        return labels[IMAGE_LABELS.name] === image.template && !references.includes(image.reference);
      }),
      isThere: images.some(({ references }) => references.includes(image.reference)),
    }));
    const named = (templates: readonly { readonly template: string }[]): string =>
      templates.map(({ template }) => template).join(', ');
    const outdated = there.filter(({ isThere, others }) => !isThere && others.length > 0);
    if (outdated.length > 0) {
      return warning(
        `not as this version makes them: ${named(outdated)}`,
        `the next create makes them anew, which takes minutes; now: bdsandbox images build ${outdated[0]?.template}`,
      );
    }
    const current = there.filter(({ isThere }) => isThere);
    return ok(current.length === 0 ? 'none yet; the first create makes one' : `up to date: ${named(current)}`);
  },
};
