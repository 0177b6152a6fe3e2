import type { Engine, ImageSummary, OnProgress } from '../engine/index.js';
import { ImageBuildError, NotFoundError, RegistryError, RegistryUnreachableError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import { IMAGE_LABELS } from './labels.js';
import { machineCertificates, machineProxies } from './machine.js';
import type { ImageRecipe } from './recipe.js';
import { ensureRoot } from './root.js';
import { noSuchVersion, type VersionQuestion } from './versions.js';

export interface ImageStoreOptions {
  readonly engine: Engine;
  /** host[:port] of the private registry. */
  readonly registry: string;
  readonly signal?: AbortSignal | undefined;
  /** Hears a warning when the registry refuses, and the image is built instead. */
  readonly report: Report;
}

/** Where an image came from when it was asked for. */
export type Origin = 'engine' | 'registry' | 'built';

export interface EnsuredImage {
  readonly reference: string;
  readonly origin: Origin;
  readonly sizeBytes: number;
}

interface BuildRun {
  readonly wanted: ImageRecipe;
  readonly noCache: boolean;
  readonly onProgress: (detail: string) => void;
  /** References built in this run. */
  readonly made: Set<string>;
}

/** The images of one engine, and their way from and to the private registry. */
export class ImageStore {
  readonly #engine: Engine;
  readonly #registry: string;
  readonly #signal: AbortSignal | undefined;
  readonly #report: Report;
  /** Said once a run: a registry that refuses one image refuses all. */
  #refusalSaid = false;

  constructor(options: ImageStoreOptions) {
    this.#engine = options.engine;
    this.#registry = options.registry;
    this.#signal = options.signal;
    this.#report = options.report;
  }

  /** The engine's image, else the registry's, else a new build of it and of what it needs. */
  async ensure(recipe: ImageRecipe, onProgress: (detail: string) => void): Promise<EnsuredImage> {
    const here = await this.#engine.images.inspect(recipe.reference);
    if (here) return ensured(recipe, here, 'engine');
    const pulled = await this.#tryPull(recipe, onProgress);
    if (pulled) return ensured(recipe, pulled, 'registry');
    return this.build(recipe, onProgress);
  }

  /** As ensure, but asks neither engine nor registry for the image itself when `noCache` is set. */
  async build(
    recipe: ImageRecipe,
    onProgress: (detail: string) => void,
    options: { readonly noCache?: boolean } = {},
  ): Promise<EnsuredImage> {
    const origin = await this.#make(recipe, {
      wanted: recipe,
      noCache: options.noCache ?? false,
      onProgress,
      made: new Set(),
    });
    await this.#removeStages();
    return ensured(recipe, await this.#mustHave(recipe.reference), origin);
  }

  /** The image with what it needs, and nothing that only an image at hand would have needed. */
  async #make(recipe: ImageRecipe, run: BuildRun): Promise<Origin> {
    this.#signal?.throwIfAborted();
    if (run.made.has(recipe.reference)) return 'engine';
    if (!run.noCache) {
      if (await this.#engine.images.inspect(recipe.reference)) return 'engine';
      // The wanted one itself has been asked for already.
      if (recipe !== run.wanted && (await this.#tryPull(recipe, run.onProgress))) return 'registry';
    }
    // What may turn out not to exist comes first.
    const parents = Object.values(recipe.parents).toSorted((a, b) => (b.question ? 1 : 0) - (a.question ? 1 : 0));
    for (const parent of parents) await this.#make(parent, run);
    if (recipe.question) await this.#ask(recipe, recipe.question, run.onProgress);
    await this.#buildOne(recipe, run.onProgress, run.noCache);
    run.made.add(recipe.reference);
    return 'built';
  }

  /** @throws NotFoundError when the registry does not have it, RegistryUnreachableError, RegistryError */
  async pull(reference: string, onProgress: (detail: string) => void): Promise<ImageSummary> {
    const remote = this.remoteName(reference);
    await this.#engine.images
      .pull(
        remote,
        this.#transfer((text) => onProgress(`pulling ${reference}: ${text}`)),
      )
      .catch((cause: unknown) => {
        if (!(cause instanceof NotFoundError)) throw cause;
        throw new NotFoundError(
          `${this.#registry} has no image ${reference}`,
          'see bdsandbox images ls and bdsandbox templates ls; push it where it is: bdsandbox images push',
          { cause },
        );
      });
    try {
      await this.#engine.images.tag(remote, reference);
    } finally {
      // One name is enough here: the second would keep the layers when the first is removed.
      await this.#engine.images.remove(remote);
    }
    return this.#mustHave(reference);
  }

  async push(reference: string, onProgress: (detail: string) => void): Promise<void> {
    await this.#mustHave(reference);
    const remote = this.remoteName(reference);
    try {
      await this.#engine.images.tag(reference, remote);
      await this.#engine.images.push(
        remote,
        this.#transfer((text) => onProgress(`pushing ${reference}: ${text}`)),
      );
    } finally {
      await this.#engine.images.remove(remote);
    }
  }

  /** Every image that bdsandbox made, newest first; those of snapshots have commands of their own. */
  async list(): Promise<ImageSummary[]> {
    const images = await this.#engine.images.list({ [IMAGE_LABELS.kind]: '' });
    return images
      .filter(({ labels }) => labels[IMAGE_LABELS.kind] !== 'snapshot')
      .filter((image) => image.references.some((name) => name.startsWith('bdsandbox/')))
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** @throws NotFoundError, ConflictError while a sandbox uses it */
  async remove(reference: string): Promise<void> {
    await this.#mustHave(reference);
    await this.#engine.images.remove(reference);
  }

  remoteName(reference: string): string {
    return `${this.#registry}/${reference}`;
  }

  /** @throws ImageBuildError that tells which versions there are */
  async #ask(recipe: ImageRecipe, question: VersionQuestion, onProgress: (detail: string) => void): Promise<void> {
    const { component, version, group, artifact, context } = question;
    const reference = `bdsandbox/versions:${recipe.digest.slice(0, 16)}`;
    onProgress(`${component} image: asking the Maven repository for version ${version}`);
    const args: Record<string, string> = { ...machineProxies(process.env), GROUP: group, ARTIFACT: artifact };
    for (const [name, parent] of Object.entries(recipe.parents)) args[name] = parent.reference;
    const labels = { [IMAGE_LABELS.kind]: 'stage' };
    const spec = { reference, context, arguments: { ...args, VERSION: version }, labels };
    try {
      await this.#engine.images.build(spec, this.#signal ? { signal: this.#signal } : {});
    } catch (error) {
      if (!(error instanceof ImageBuildError)) throw error;
      // Where the question itself fails the build has more to say.
      const answer = noSuchVersion(question, error);
      if (answer) throw answer;
    } finally {
      await this.#engine.images.remove(reference).catch(() => undefined);
    }
  }

  async #buildOne(recipe: ImageRecipe, onProgress: (detail: string) => void, noCache: boolean): Promise<void> {
    const say = (text: string): void => onProgress(`${recipe.name} image: ${text}`);
    const args: Record<string, string> = { ...machineProxies(process.env), ...recipe.arguments };
    for (const [name, parent] of Object.entries(recipe.parents)) args[name] = parent.reference;
    const fromRoot = Object.keys(recipe.parents).length === 0;
    if (fromRoot) {
      args['ROOT'] = await ensureRoot(this.#engine, { onProgress: say, signal: this.#signal });
    }
    await this.#engine.images.build(
      {
        reference: recipe.reference,
        context: recipe.kind === 'builder' ? [...recipe.context, ...(await machineCertificates())] : recipe.context,
        contextFiles: recipe.contextFiles,
        arguments: args,
        labels: recipe.labels,
        noCache,
      },
      this.#transfer(say),
    );
  }

  /**
   * Build stages of components hold a whole Maven repository and are of no use once the component's image is made. The
   * engine refuses to remove one that a build under way goes on from, and that is fine.
   */
  async #removeStages(): Promise<void> {
    const stages = await this.#engine.images.list({ [IMAGE_LABELS.kind]: 'stage' });
    for (const stage of stages) await this.#engine.images.remove(stage.id).catch(() => undefined);
  }

  /** undefined when the registry has no such image or does not answer: then it is built here. */
  async #tryPull(recipe: ImageRecipe, onProgress: (detail: string) => void): Promise<ImageSummary | undefined> {
    try {
      return await this.pull(recipe.reference, onProgress);
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof NotFoundError || error instanceof RegistryUnreachableError) return undefined;
      if (!(error instanceof RegistryError)) throw error;
      if (!this.#refusalSaid) {
        this.#refusalSaid = true;
        this.#report({
          type: 'notice',
          level: 'warning',
          message: `${error.message}; building here instead. ${error.hint}`,
        });
      }
      return undefined;
    }
  }

  async #mustHave(reference: string): Promise<ImageSummary> {
    const image = await this.#engine.images.inspect(reference);
    if (!image) {
      throw new NotFoundError(
        `there is no image ${reference} on ${this.#engine.host}`,
        'see bdsandbox images ls, or make it with bdsandbox images build TEMPLATE',
      );
    }
    return image;
  }

  #transfer(onProgress: (detail: string) => void): { onProgress: OnProgress; signal?: AbortSignal } {
    return {
      onProgress: (progress) => onProgress(describe(progress)),
      ...(this.#signal ? { signal: this.#signal } : {}),
    };
  }
}

function describe({ message, doneBytes, totalBytes }: Parameters<OnProgress>[0]): string {
  if (doneBytes === undefined) return message;
  const done = (doneBytes / 1e6).toFixed(0);
  return totalBytes === undefined
    ? `${message} ${done} MB`
    : `${message} ${done} of ${(totalBytes / 1e6).toFixed(0)} MB`;
}

function ensured(recipe: ImageRecipe, image: ImageSummary, origin: Origin): EnsuredImage {
  return { reference: recipe.reference, origin, sizeBytes: image.sizeBytes };
}
