import { NotFoundError } from '../../errors/index.js';
import type { Containers, Engine, EngineInfo, Engines, Images, Networks, Volumes } from '../port.js';
import { type Call, Calls, type Failure } from './calls.js';
import { memoryContainers } from './containers.js';
import { FileTree } from './file-tree.js';
import { draftImage, makeImage } from './image.js';
import { type MemoryRegistry, memoryImages } from './images.js';
import { memoryNetworks } from './networks.js';
import { type Matcher, type Program, Programs } from './programs.js';
import { endContainer } from './run.js';
import { memoryVolumes } from './volumes.js';
import { containerOf, nameImage, type World } from './world.js';

export interface MemoryEngineOptions {
  readonly host?: string;
  readonly info?: Partial<EngineInfo>;
  /** 5 by default: enough for other calls to come in between. */
  readonly commitTakesMs?: number;
  readonly now?: () => Date;
  /** Share one between engines to move images from host to host. */
  readonly registry?: MemoryRegistry;
}

/** Names of what an engine has, sorted. Two inventories that are equal mean that nothing was left behind. */
export interface Inventory {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly images: readonly string[];
}

/**
 * A small real engine without an engine: everything the port promises, with the awkward behaviour of the real one, and
 * a few levers for tests that no real one has.
 */
export class MemoryEngine implements Engine {
  readonly host: string;
  readonly containers: Containers;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly images: Images;
  readonly #world: World;
  readonly #calls = new Calls();
  readonly #info: EngineInfo;

  constructor(options: MemoryEngineOptions = {}) {
    this.host = options.host ?? 'memory';
    this.#info = { ...INFO, name: this.host, ...options.info };
    this.#world = {
      containers: new Map(),
      networks: new Map(),
      volumes: new Map(),
      images: new Map(),
      foreignPorts: new Set(),
      programs: new Programs(),
      commitTakesMs: options.commitTakesMs ?? 5,
      now: options.now ?? (() => new Date()),
    };
    this.containers = memoryContainers(this.#world, this.#calls);
    this.networks = memoryNetworks(this.#world, this.#calls);
    this.volumes = memoryVolumes(this.#world, this.#calls);
    this.images = memoryImages(this.#world, this.#calls, options.registry ?? new Map());
  }

  info(): Promise<EngineInfo> {
    return this.#calls.run('info', () => this.#info);
  }

  /** Registers what a command does, in exec, as main process, as health check and in RUN of a build. */
  when(matcher: Matcher, program: Program): this {
    this.#world.programs.add(matcher, program);
    return this;
  }

  /** Puts an image there without a call being counted. Its containers need a command: this one, or their own. */
  addImage(
    reference: string,
    known: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly environment?: Readonly<Record<string, string>>;
      readonly entrypoint?: readonly string[];
      readonly command?: readonly string[];
      readonly files?: Readonly<Record<string, string | Buffer>>;
    } = {},
  ): this {
    const { files = {}, command = ['/init'], ...rest } = known;
    const tree = new FileTree();
    for (const [path, content] of Object.entries(files)) tree.write({ path, content });
    nameImage(this.#world, makeImage(this.#world, draftImage({ ...rest, command, files: tree })), reference);
    return this;
  }

  /** The main process of a container ends by itself; running execs end with 137. */
  die(container: string): void {
    endContainer(this.#world, containerOf(this.#world, container), 'itself');
  }

  /** Something outside any container listens on this port of the host. */
  occupyPort(port: number): void {
    this.#world.foreignPorts.add(port);
  }

  /** Port calls so far. */
  get callCount(): number {
    return this.#calls.count;
  }

  /** Their names in order, e.g. "containers.create". */
  get callNames(): readonly string[] {
    return this.#calls.names;
  }

  /** Makes the n-th call from the beginning fail, counted from 1. */
  failAtCall(n: number, error: Error, moment: Failure['moment'] = 'before'): this {
    this.#calls.failAt(n, { error, moment });
    return this;
  }

  set beforeCall(hook: ((call: Call) => Promise<void> | void) | undefined) {
    this.#calls.beforeCall = hook;
  }

  inventory(): Inventory {
    const { containers, networks, volumes, images } = this.#world;
    return {
      containers: [...containers.values()].map(({ spec }) => spec.name).sort(),
      networks: [...networks.values()].map(({ name }) => name).sort(),
      volumes: [...volumes.keys()].sort(),
      images: [...images.values()]
        .flatMap(({ id, references }) => (references.size > 0 ? [...references] : [id]))
        .sort(),
    };
  }
}

/** Several memory engines as one run sees them; the first one is home. */
export function memoryEngines(first: MemoryEngine, ...others: readonly MemoryEngine[]): Engines {
  const all = [first, ...others];
  return {
    home: first.host,
    hosts: all.map(({ host }) => host),
    on(host) {
      const engine = all.find((candidate) => candidate.host === host);
      if (engine) return engine;
      throw new NotFoundError(
        `host ${host} is not configured`,
        `configured: ${all.map(({ host: h }) => h).join(', ')}`,
      );
    },
  };
}

const INFO: EngineInfo = {
  name: 'memory',
  product: 'docker',
  version: '28.0.0',
  kernel: '6.12.0',
  operatingSystem: 'Debian GNU/Linux 13 (trixie)',
  architecture: 'x86_64',
  cpus: 8,
  memoryBytes: 16 * 1024 ** 3,
  securityOptions: ['seccomp'],
  storageDriver: 'overlay2',
  rootDirectory: '/var/lib/docker',
};
