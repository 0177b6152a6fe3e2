import { EngineFailedError } from '../../errors/index.js';
import type { Labels } from '../port.js';
import { FileTree } from './file-tree.js';
import { layerBetween, type MemoryLayer, sha256 } from './layers.js';
import { newId, type World } from './world.js';

/** What an image is made of, before it is one. */
export interface ImageDraft {
  readonly labels: Labels;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly files: FileTree;
  /** The image it stands upon. */
  readonly base: MemoryImage | undefined;
}

export interface MemoryImage extends Omit<ImageDraft, 'base'> {
  /** The digest of the config. */
  readonly id: string;
  readonly references: Set<string>;
  readonly layers: readonly MemoryLayer[];
  /** JSON, in the form of docker save. */
  readonly config: string;
  /** UTC ISO 8601. */
  readonly createdAt: string;
}

export function draftImage(known: Partial<ImageDraft> = {}): ImageDraft {
  return {
    labels: {},
    environment: {},
    entrypoint: undefined,
    command: undefined,
    files: new FileTree(),
    base: undefined,
    ...known,
  };
}

/** With one layer more than its base, unless nothing was changed upon one; `always` is what builds do. */
export function makeImage(world: World, draft: ImageDraft, layer: 'always' | 'if changed' = 'always'): MemoryImage {
  const { base, ...content } = draft;
  const { isEmpty, ...top } = layerBetween(base?.files ?? new FileTree(), content.files);
  const layers = [...(base?.layers ?? []), ...(base && isEmpty && layer === 'if changed' ? [] : [top])];
  const createdAt = world.now().toISOString();
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    created: createdAt,
    // No two images are one, however much alike: on a real engine this is the container that was committed.
    container: newId(),
    config: {
      Labels: content.labels,
      Env: Object.entries(content.environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: content.entrypoint ?? null,
      Cmd: content.command ?? null,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  return { ...content, id: sha256(config), references: new Set(), layers, config, createdAt };
}

export interface ImageConfig extends Omit<ImageDraft, 'base' | 'files'> {
  readonly createdAt: string;
  readonly digests: readonly string[];
}

/** @throws EngineFailedError for what is no config of an image */
export function readConfig(text: string): ImageConfig {
  const { created, config, rootfs }: StoredConfig = parse(text);
  if (!Array.isArray(rootfs?.diff_ids)) {
    throw new EngineFailedError('cannot load images: a config has no list of layers', 'save the images again');
  }
  return {
    createdAt: created ?? new Date(0).toISOString(),
    digests: rootfs.diff_ids,
    labels: config?.Labels ?? {},
    environment: Object.fromEntries((config?.Env ?? []).map((line) => line.split(/=(.*)/s, 2))),
    entrypoint: config?.Entrypoint ?? undefined,
    command: config?.Cmd ?? undefined,
  };
}

interface StoredConfig {
  readonly created?: string;
  readonly config?: {
    readonly Labels?: Labels | null;
    readonly Env?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
  };
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
}

function parse(text: string): StoredConfig {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineFailedError('cannot load images: a config is not JSON', 'save the images again', { cause });
  }
}
