import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, EngineFailedError, NotFoundError } from '../../errors/index.js';
import type { ContainerSummary, Containers } from '../port.js';
import { attachTo, mainInputOf } from './attach.js';
import type { Calls } from './calls.js';
import { execIn } from './exec.js';
import { absolute, FileTree } from './file-tree.js';
import { makeImage } from './image.js';
import { mountedFiles, mountedTree } from './mounts.js';
import { conflict, endContainer, startContainer } from './run.js';
import { contains } from './subnet.js';
import { packTar, streamOf, type TarEntry } from './tar.js';
import { unpackInto } from './unpack.js';
import { containerOf, imageOf, type MemoryContainer, matchesLabels, nameImage, newId, type World } from './world.js';

export function memoryContainers(world: World, calls: Calls): Containers {
  return {
    create: (spec) =>
      calls.run('containers.create', () => {
        const image = imageOf(world, spec.image);
        if (!image) throw new NotFoundError(`No such image: ${spec.image}`, 'build or pull it first');
        mustBeFree(spec.name);
        const command = spec.command ?? [...(image.entrypoint ?? []), ...(image.command ?? [])];
        if (command.length === 0)
          throw new EngineFailedError('No command specified', 'give one, or use an image that has one');
        // As the engine does: a volume that is named and not there is made.
        for (const { volume } of spec.mounts ?? []) ensureVolume(world, volume);
        const container: MemoryContainer = {
          id: newId(),
          spec,
          image,
          labels: { ...image.labels, ...spec.labels },
          environment: { ...image.environment, ...spec.environment },
          command,
          files: image.files.copy(),
          createdAt: world.now().toISOString(),
          state: 'created',
          health: 'none',
          ports: [],
          log: '',
          run: new AbortController(),
          input: mainInputOf(spec),
          listeners: new Set(),
        };
        world.containers.set(container.id, container);
        return container.id;
      }),

    start: (id) => calls.run('containers.start', () => startContainer(world, containerOf(world, id))),

    stop: (id) => calls.run('containers.stop', () => endContainer(world, containerOf(world, id), 'stop')),

    remove: (id) =>
      calls.run('containers.remove', () => {
        const container = [...world.containers.values()].find((other) => other.id === id || other.spec.name === id);
        if (!container) return;
        endContainer(world, container, 'stop');
        world.containers.delete(container.id);
      }),

    pause: (id) =>
      calls.run('containers.pause', () => {
        const container = containerOf(world, id);
        if (container.state === 'paused') throw conflict(container, 'is already paused');
        if (container.state !== 'running') throw conflict(container, 'is not running');
        container.state = 'paused';
      }),

    unpause: (id) =>
      calls.run('containers.unpause', () => {
        const container = containerOf(world, id);
        if (container.state !== 'paused') throw conflict(container, 'is not paused');
        container.state = 'running';
      }),

    rename: (id, name) =>
      calls.run('containers.rename', () => {
        const container = containerOf(world, id);
        if (container.spec.name === name) return;
        mustBeFree(name);
        container.spec = { ...container.spec, name };
      }),

    list: (filter) =>
      calls.run('containers.list', () =>
        [...world.containers.values()].filter(({ labels }) => matchesLabels(labels, filter)).map(summaryOf),
      ),

    inspect: (id) => calls.run('containers.inspect', () => summaryOf(containerOf(world, id))),

    writeFiles: (id, files) =>
      calls.run('containers.writeFiles', () => {
        const tree = mountedFiles(world, containerOf(world, id));
        for (const { path, content } of files) tree.write(path, content);
      }),

    writtenBytes: (id) =>
      calls.run('containers.writtenBytes', () => {
        const { files, image } = containerOf(world, id);
        return files
          .entries()
          .filter(([path, content]) => !image.files.peek(path)?.equals(content))
          .reduce((sum, [, content]) => sum + content.length, 0);
      }),

    readFile: (id, path) =>
      calls.run('containers.readFile', () => {
        const tree = mountedFiles(world, containerOf(world, id));
        const content = tree.read(path);
        if (content === undefined && tree.has(path)) {
          throw new EngineFailedError(`${absolute(path)} is not a file`, 'name a file, not a folder or a device');
        }
        return content;
      }),

    pathExists: (id, path) =>
      calls.run('containers.pathExists', () => mountedFiles(world, containerOf(world, id)).has(path)),

    pathStatus: (id, path) =>
      calls.run('containers.pathStatus', () => {
        const tree = mountedFiles(world, containerOf(world, id));
        if (!tree.has(path)) return undefined;
        const content = tree.read(path);
        const rest = { target: '', modifiedAt: (tree.timeOf(path) ?? world.now()).toISOString() };
        return content === undefined
          ? { kind: 'folder', sizeBytes: 0, ...rest }
          : { kind: 'file', sizeBytes: content.length, ...rest };
      }),

    writeArchive: (id, folder, tar) =>
      calls.run('containers.writeArchive', async () => {
        const tree = mountedFiles(world, containerOf(world, id));
        await unpackInto(tree, absolute(folder), tar);
      }),

    readArchive: (id, path) =>
      calls.run('containers.readArchive', () => {
        const tree = mountedTree(world, containerOf(world, id));
        if (tree.has(path)) return streamOf(packTar(entriesUnder(tree, absolute(path))));
        throw new NotFoundError(`Could not find the file ${path} in container ${id}`, 'check the path');
      }),

    exportFilesystem: (id) =>
      calls.run('containers.exportFilesystem', () =>
        streamOf(packTar(entriesUnder(containerOf(world, id).files, '/'))),
      ),

    exec: (id, command, options) =>
      calls.run('containers.exec', () => execIn(world, containerOf(world, id), command, options)),

    attach: (id, options) => calls.run('containers.attach', () => attachTo(containerOf(world, id), options)),

    logs: (id, { tail }) =>
      calls.run('containers.logs', () => {
        const lines = containerOf(world, id).log.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        return lines.slice(Math.max(0, lines.length - tail)).join('');
      }),

    commit: (id, { reference, labels, pause }) =>
      calls.run('containers.commit', async () => {
        const container = containerOf(world, id);
        const held = pause && container.state === 'running';
        if (held) container.state = 'paused';
        // The moment of the image is the beginning: what is written during an unpaused commit may be missing in it.
        const files = container.files.copy();
        await sleep(world.commitTakesMs);
        // Unless it died or was removed meanwhile.
        if (held && container.state === 'paused') container.state = 'running';
        const { spec, environment, image: base } = container;
        const draft = {
          labels: { ...container.labels, ...labels },
          environment,
          entrypoint: spec.command ? undefined : base.entrypoint,
          command: spec.command ?? base.command,
          files,
          base,
        };
        const image = makeImage(world, draft, 'if changed');
        nameImage(world, image, reference);
        return image.id;
      }),
  };

  function mustBeFree(name: string): void {
    if (![...world.containers.values()].some(({ spec }) => spec.name === name)) return;
    throw new ConflictError(`container name ${name} is taken`, 'choose another name');
  }

  function summaryOf(container: MemoryContainer): ContainerSummary {
    const { spec, id, labels, state, health, createdAt, ports } = container;
    return {
      id,
      name: spec.name,
      image: spec.image,
      labels,
      state,
      health,
      createdAt,
      ports,
      addresses: addresses(spec, state),
    };
  }

  function addresses(spec: MemoryContainer['spec'], state: string): Record<string, string> {
    if (state !== 'running' && state !== 'paused') return {};
    if (!spec.network) return { bridge: bridgeAddress(spec.name) };
    return { [spec.network.name]: spec.network.address };
  }

  /** Constant for a container, and in the subnet of the engine's own bridge. */
  function bridgeAddress(name: string): string {
    const place = [...world.containers.values()].findIndex(({ spec }) => spec.name === name);
    const address = `172.17.0.${place + 2}`;
    return contains('172.17.0.0/16', address) ? address : '172.17.255.254';
  }
}

/** With the folders, each before what is in it, and named from the base name of the path. */
function entriesUnder(tree: FileTree, path: string): TarEntry[] {
  const from = path === '/' ? 1 : posix.dirname(path).replace(/\/$/, '').length + 1;
  const prefix = path === '/' ? path : `${path}/`;
  const entries = new Map<string, Buffer>();
  for (const [file, content] of tree.entries()) {
    if (file !== path && !file.startsWith(prefix)) continue;
    for (let at = file.indexOf('/', prefix.length - 1); at >= 0; at = file.indexOf('/', at + 1)) {
      if (at >= from) entries.set(file.slice(from, at + 1), Buffer.alloc(0));
    }
    entries.set(file.slice(from), content);
  }
  return [...entries].map(([name, content]) => ({ name, content }));
}

function ensureVolume(world: World, name: string): void {
  if (!world.volumes.has(name)) world.volumes.set(name, { name, labels: {}, files: new FileTree() });
}
