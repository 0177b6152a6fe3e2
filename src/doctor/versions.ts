import type { EngineProduct } from '../engine/index.js';
import { IMAGE_LABELS } from '../images/index.js';
import { type Check, failed, ok, warning } from './check.js';

const REGISTRIES_CONF =
  'in /etc/containers/registries.conf: [[registry]], location = "127.0.0.1:5000", insecure = true; more in docs/reference/engines.md';

interface Product {
  /** Before its version number. */
  readonly word: string;
  /** The oldest that is tried. */
  readonly oldest: readonly [major: number, minor: number];
  readonly newer: string;
  /** What it does not do by itself as Docker does; empty for nothing. */
  readonly lacks: string;
}

const PRODUCTS: Readonly<Record<EngineProduct, Product>> = {
  docker: { word: 'engine', oldest: [20, 10], newer: 'install a newer Docker Engine', lacks: '' },
  podman: {
    word: 'podman',
    oldest: [5, 4],
    newer: 'install Podman 5.4 or later, or Docker Engine 20.10 or later',
    lacks: 'a registry without TLS is reached only where registries.conf names it as insecure',
  },
};

export const versionsCheck: Check = {
  name: 'versions',
  needsEngine: false,
  async run({ info, program }) {
    const own = `bdsandbox ${program}, Node ${process.versions.node}`;
    const engine = await info().catch(() => undefined);
    if (engine === undefined) return ok(own);
    const { word, oldest, newer, lacks } = PRODUCTS[engine.product];
    const [major = 0, minor = 0] = engine.version.split('.').map(Number);
    const detail = `${own}, ${word} ${engine.version}`;
    if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
      return failed(`${detail}, older than ${oldest.join('.')}`, newer);
    }
    return lacks === '' ? ok(detail) : warning(`${detail}: ${lacks}`, REGISTRIES_CONF);
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
