import { randomBytes } from 'node:crypto';
import type { PassThrough, Writable } from 'node:stream';
import { NotFoundError } from '../../errors/index.js';
import type { ContainerSpec, ContainerState, LabelFilter, Labels, PublishedPort } from '../port.js';
import type { FileTree } from './file-tree.js';
import type { MemoryImage } from './image.js';
import type { Programs } from './programs.js';

export interface MemoryContainer {
  readonly id: string;
  /** Of it the name alone changes. */
  spec: ContainerSpec;
  readonly image: MemoryImage;
  /** The image's labels too: containers inherit them. */
  readonly labels: Labels;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly files: FileTree;
  readonly createdAt: string;
  state: ContainerState;
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  ports: readonly PublishedPort[];
  log: string;
  /** Of the current run, or of the first one to come; aborted when it ends. */
  run: AbortController;
  /** What the main process reads in that run; none without `stdin` in its spec. */
  input: PassThrough | undefined;
  /** Who hears what the main process says. */
  readonly listeners: Set<Writable>;
}

export interface MemoryNetwork {
  readonly id: string;
  readonly name: string;
  readonly subnet: string;
  readonly labels: Labels;
}

export interface MemoryVolume {
  readonly name: string;
  readonly labels: Labels;
  readonly files: FileTree;
}

/** Everything one engine has. */
export interface World {
  readonly containers: Map<string, MemoryContainer>;
  readonly networks: Map<string, MemoryNetwork>;
  readonly volumes: Map<string, MemoryVolume>;
  readonly images: Map<string, MemoryImage>;
  /** Ports of the host that something else than a container holds. */
  readonly foreignPorts: Set<number>;
  readonly programs: Programs;
  readonly commitTakesMs: number;
  readonly now: () => Date;
}

/** In the engine's form, which callers shorten and compare. */
export function newId(): string {
  return randomBytes(32).toString('hex');
}

export function matchesLabels(labels: Labels, filter: LabelFilter): boolean {
  return Object.entries(filter).every(([name, value]) => (value === '' ? name in labels : labels[name] === value));
}

/** By id, by name, or by the start of the id, as the engine does it. @throws NotFoundError */
export function containerOf(world: World, id: string): MemoryContainer {
  const found = [...world.containers.values()].find(
    (container) => container.id === id || container.spec.name === id || (id.length >= 4 && container.id.startsWith(id)),
  );
  if (found) return found;
  throw new NotFoundError(`No such container: ${id}`, 'list what there is: bdsandbox ls');
}

export function imageOf(world: World, reference: string): MemoryImage | undefined {
  const full = withTag(reference);
  return [...world.images.values()].find(
    (image) => image.references.has(full) || image.id === reference || image.id === `sha256:${reference}`,
  );
}

/** Gives an image a reference, taking it from the image that had it; that one stays, nameless. */
export function nameImage(world: World, image: MemoryImage, reference: string): void {
  imageOf(world, reference)?.references.delete(withTag(reference));
  image.references.add(withTag(reference));
  world.images.set(image.id, image);
}

export function withTag(reference: string): string {
  return reference.includes(':', reference.lastIndexOf('/') + 1) ? reference : `${reference}:latest`;
}

export function isAlive(container: MemoryContainer): boolean {
  return container.state === 'running' || container.state === 'paused';
}
