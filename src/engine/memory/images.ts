import { ConflictError, NotFoundError } from '../../errors/index.js';
import type { ImageSummary, Images } from '../port.js';
import { buildImage } from './build.js';
import type { Calls } from './calls.js';
import { FileTree } from './file-tree.js';
import { draftImage, type MemoryImage, makeImage } from './image.js';
import { loadImages, saveImages } from './save-load.js';
import { unpackTar } from './tar.js';
import { imageOf, matchesLabels, nameImage, type World, withTag } from './world.js';

/** What was pushed, by reference; all engines of a test share one. */
export type MemoryRegistry = Map<string, MemoryImage>;

export function memoryImages(world: World, calls: Calls, registry: MemoryRegistry): Images {
  return {
    inspect: (reference) =>
      calls.run('images.inspect', () => {
        const image = imageOf(world, reference);
        return image && { ...summaryOf(image), layers: image.layers.map(({ digest }) => digest) };
      }),

    list: (filter) =>
      calls.run('images.list', () =>
        [...world.images.values()].filter(({ labels }) => matchesLabels(labels, filter)).map(summaryOf),
      ),

    build: (spec, options) =>
      calls.run('images.build', async () => nameImage(world, await buildImage(world, spec, options), spec.reference)),

    importRootFilesystem: (tar, { reference, signal, ...config }) =>
      calls.run('images.importRootFilesystem', async () => {
        const files = new FileTree();
        for (const { name, content } of await unpackTar(tar, { action: `import image ${reference}`, signal })) {
          files.write({ path: name, content });
        }
        nameImage(world, makeImage(world, draftImage({ ...config, files })), reference);
      }),

    save: (references, { signal } = {}) => calls.run('images.save', () => saveImages(world, references, signal)),

    load: (tar, options) => calls.run('images.load', () => loadImages(world, tar, options)),

    pull: (reference, { onProgress, signal }) =>
      calls.run('images.pull', () => {
        signal?.throwIfAborted();
        const image = registry.get(withTag(reference));
        if (!image) throw new NotFoundError(`manifest for ${reference} not found`, 'push it first');
        onProgress?.({ message: '1 of 1 layers', doneBytes: image.files.bytes, totalBytes: image.files.bytes });
        nameImage(world, world.images.get(image.id) ?? { ...image, references: new Set() }, reference);
      }),

    push: (reference, { onProgress, signal }) =>
      calls.run('images.push', () => {
        signal?.throwIfAborted();
        const image = existing(reference);
        onProgress?.({ message: '1 of 1 layers', doneBytes: image.files.bytes, totalBytes: image.files.bytes });
        registry.set(withTag(reference), image);
      }),

    withdraw: (reference) =>
      calls.run('images.withdraw', () => {
        const image = registry.get(withTag(reference));
        registry.delete(withTag(reference));
        const repository = withTag(reference).replace(/:[^:/]*$/, ':');
        return [...registry].flatMap(([name, other]) =>
          other === image && name.startsWith(repository) ? [name.slice(repository.length)] : [],
        );
      }),

    // Registries of this engine let everybody in.
    login: () => calls.run('images.login', () => undefined),
    knowsLogin: () => calls.run('images.knowsLogin', () => false),

    tag: (reference, as) => calls.run('images.tag', () => nameImage(world, existing(reference), as)),

    remove: (reference) =>
      calls.run('images.remove', () => {
        const image = imageOf(world, reference);
        if (!image) return;
        const byName = image.references.has(withTag(reference));
        // One of several names goes even while the image is in use; the last one takes the image with it.
        if (byName && image.references.size > 1) {
          image.references.delete(withTag(reference));
          return;
        }
        const user = [...world.containers.values()].find((container) => container.image === image);
        if (user)
          throw new ConflictError(`image ${reference} is used by ${user.spec.name}`, 'remove the container first');
        world.images.delete(image.id);
      }),
  };

  function existing(reference: string): MemoryImage {
    const image = imageOf(world, reference);
    if (image) return image;
    throw new NotFoundError(`No such image: ${reference}`, 'build or pull it first');
  }
}

function summaryOf({ id, references, labels, files, createdAt }: MemoryImage): ImageSummary {
  return { id, references: [...references], labels, sizeBytes: files.bytes, createdAt };
}
