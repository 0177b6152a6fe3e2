import type { Readable, Writable } from 'node:stream';

/**
 * The narrow port to a container engine, in our own words: no type of any engine's client appears here. Adapters
 * translate every engine answer at their edge: "not found" becomes `undefined` or NotFoundError, a taken name
 * ConflictError, a refused connection EngineUnreachableError, a full disk DiskFullError.
 */

/** Every engine this run may talk to. Each use case names the host of each call: `engines.on(node.host)`. */
export interface Engines {
  /** The host where new things go unless a plan says otherwise. */
  readonly home: string;
  readonly hosts: readonly string[];
  /** @throws NotFoundError for a host that is not configured */
  on(host: string): Engine;
}

export interface Engine {
  readonly host: string;
  /** @throws EngineUnreachableError */
  info(): Promise<EngineInfo>;
  readonly containers: Containers;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly images: Images;
}

export type EngineProduct = 'docker' | 'podman';

export interface EngineInfo {
  /** The engine's own name of its machine. */
  readonly name: string;
  /** Whose engine speaks Docker's API here. Its `version` is that product's own. */
  readonly product: EngineProduct;
  readonly version: string;
  readonly kernel: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** e.g. apparmor, seccomp, selinux, rootless, cgroupns */
  readonly securityOptions: readonly string[];
  readonly storageDriver: string;
  readonly rootDirectory: string;
}

export type Labels = Readonly<Record<string, string>>;

/** All given labels must be there; an empty value matches any value of that label. */
export type LabelFilter = Readonly<Record<string, string>>;

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly hostname: string;
  readonly labels: Labels;
  readonly environment: Readonly<Record<string, string>>;
  /** Takes the place of the image's entrypoint and command, both. The image's own ones when absent. */
  readonly command?: readonly string[];
  readonly network?: { readonly name: string; readonly address: string };
  /** Capabilities added to the engine's default set, without the CAP_ prefix. */
  readonly capabilities?: readonly string[];
  /** Engine security options, e.g. "seccomp=unconfined". */
  readonly securityOptions?: readonly string[];
  readonly publish?: readonly PortRequest[];
  readonly mounts?: readonly { readonly volume: string; readonly path: string; readonly readOnly: boolean }[];
  /** The main process has a standard input, for `attach`: it reads the end of it once whoever attached has gone. */
  readonly stdin?: boolean;
  /** Restart by the engine when the container's main process ends or the engine itself starts again. */
  readonly restart?: 'no' | 'always';
  readonly healthCheck?: {
    readonly command: readonly string[];
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly startPeriodMs: number;
    readonly retries: number;
  };
}

export interface PortRequest {
  readonly containerPort: number;
  /** The host address to listen on. */
  readonly hostAddress: string;
  /** 0: any free port. */
  readonly hostPort: number;
}

export interface PublishedPort {
  readonly containerPort: number;
  readonly hostAddress: string;
  readonly hostPort: number;
}

export type ContainerState = 'created' | 'running' | 'paused' | 'stopped' | 'dead';

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Its own, and those of its image. A commit's image has the container's labels in turn. */
  readonly labels: Labels;
  readonly state: ContainerState;
  /** The engine's view of the health check; `none` where there is none. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** UTC ISO 8601. */
  readonly createdAt: string;
  readonly ports: readonly PublishedPort[];
  /** Address by network name; empty for a container that does not run. */
  readonly addresses: Readonly<Record<string, string>>;
}

export interface FileEntry {
  /** Absolute path inside the container; missing parent folders are made. */
  readonly path: string;
  readonly content: string | Buffer;
  /** e.g. 0o644 (the default) */
  readonly mode?: number;
}

/** What is at a path in a container; a link is not followed. */
export interface PathStatus {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly sizeBytes: number;
  /** Where a link leads in the end, absolute; it need not be there. Empty for what is no link. */
  readonly target: string;
  /** When it was changed last, or what its archive said of that. UTC ISO 8601 */
  readonly modifiedAt: string;
}

export interface ExecOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Fed to the command's standard input, which is closed at its end. Without it the command reads /dev/null. */
  readonly stdin?: Readable;
  /** Where output goes as it comes; a sink is never ended. Without one the output is collected into the result. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /**
   * Stops listening to the command, which reads the end of its standard input then; it may go on inside the container.
   * Rejects with the signal's reason.
   */
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  /** 137 when the container was killed underneath; 126 or 127 when there is no such command, by the engine's version. */
  readonly exitCode: number;
  /** Empty where a sink took the output. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Of a main process that somebody speaks with. */
export interface AttachOptions {
  /** Fed to its standard input, which is closed at the end. */
  readonly stdin: Readable;
  /** Where its standard output goes as it comes; never ended. */
  readonly stdout: Writable;
  /** Stops listening. The process reads the end of its standard input then, and goes on. */
  readonly signal?: AbortSignal;
}

export interface Attached {
  /** Resolves when the process has ended and all it said was heard. Rejects with the signal's reason. */
  readonly ended: Promise<void>;
}

export interface Containers {
  /** @throws ConflictError when the name is taken, NotFoundError when the image is missing */
  create(spec: ContainerSpec): Promise<string>;
  /** Idempotent. @throws PortTakenError when a wanted host port is in use */
  start(id: string): Promise<void>;
  /** Idempotent. Asks with SIGTERM, kills after `graceMs`. */
  stop(id: string, options: { readonly graceMs: number }): Promise<void>;
  /** Kills and removes, with anonymous volumes. Idempotent: a missing container is fine. */
  remove(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** In any state, at once and for good; having the name already is fine. @throws ConflictError when it is taken */
  rename(id: string, name: string): Promise<void>;
  /** Also those that do not run. */
  list(filter: LabelFilter): Promise<ContainerSummary[]>;
  /** @throws NotFoundError */
  inspect(id: string): Promise<ContainerSummary>;
  /** Works on a container that is not started yet. @throws NotFoundError */
  writeFiles(id: string, files: readonly FileEntry[]): Promise<void>;
  /**
   * Bytes of the files that it wrote or changed, without what is in volumes. The engine counts the files, so it takes
   * as long as they are many. @throws NotFoundError
   */
  writtenBytes(id: string): Promise<number>;
  /** The content of one file, links followed; undefined when it is not there. Works on a stopped container. */
  readFile(id: string, path: string): Promise<Buffer | undefined>;
  /** Cheaper than readFile: no content travels. */
  pathExists(id: string, path: string): Promise<boolean>;
  /** undefined when it is not there. Works on a stopped container. @throws NotFoundError for a missing container */
  pathStatus(id: string, path: string): Promise<PathStatus | undefined>;
  /**
   * A tar of one file or folder with all that is in it; its entries begin with the base name of the path. A link is an
   * entry of its own, not followed. Works on a container that was never started. To be read to its end or destroyed;
   * a failure half-way is an error of the stream, as is an archive that breaks off.
   * @throws NotFoundError for a missing path or container
   */
  readArchive(id: string, path: string): Promise<Readable>;
  /**
   * Unpacks a tar into a folder that is there, as it comes: memory stays bounded. Files that are there are replaced,
   * folders filled; a file and a folder never take each other's place. Owners, modes and times are the tar's: a folder
   * that is there gets its new time in one step. Works on a container that does not run. When the stream fails the call
   * does, and what was unpacked until then stays.
   * @throws NotFoundError for a missing folder or container, EngineFailedError for what is no tar, DiskFullError
   */
  writeArchive(id: string, folder: string, tar: Readable): Promise<void>;
  /** A tar of the whole file system, without what is in volumes; otherwise as readArchive. @throws NotFoundError */
  exportFilesystem(id: string): Promise<Readable>;
  /** Resolves after the command's output has ended. @throws ConflictError when the container does not run */
  exec(id: string, command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /**
   * Speaks with the main process of a container that has `stdin`, and resolves as soon as it listens: before the start,
   * so that nothing is missed. Once: when whoever attached has gone, the input is closed until the next start.
   * @throws NotFoundError
   */
  attach(id: string, options: AttachOptions): Promise<Attached>;
  /** The last lines the main process wrote. */
  logs(id: string, options: { readonly tail: number }): Promise<string>;
  /**
   * File system of the container as an image; the container goes on unpaused when `pause` is false. Labels may be of
   * any size. Commits of different containers run side by side.
   * @throws NotFoundError, DiskFullError
   */
  commit(
    id: string,
    options: { readonly reference: string; readonly labels: Labels; readonly pause: boolean },
  ): Promise<string>;
}

export interface NetworkSummary {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** CIDRs; empty for networks without addresses of their own. */
  readonly subnets: readonly string[];
}

export interface Networks {
  /** A bridge with exactly this subnet. @throws ConflictError when the subnet overlaps another network's */
  create(spec: { readonly name: string; readonly subnet: string; readonly labels: Labels }): Promise<string>;
  /** All networks of the engine for an empty filter. */
  list(filter: LabelFilter): Promise<NetworkSummary[]>;
  /** Idempotent. */
  remove(id: string): Promise<void>;
}

export interface VolumeSummary {
  readonly name: string;
  readonly labels: Labels;
}

export interface Volumes {
  /** Idempotent: an existing volume of that name is left as it is. */
  create(spec: { readonly name: string; readonly labels: Labels }): Promise<void>;
  list(filter: LabelFilter): Promise<VolumeSummary[]>;
  /** Idempotent. @throws ConflictError when a container uses it */
  remove(name: string): Promise<void>;
}

export interface ImageSummary {
  readonly id: string;
  /** name:tag references. */
  readonly references: readonly string[];
  readonly labels: Labels;
  /** Size of all layers. */
  readonly sizeBytes: number;
  readonly createdAt: string;
}

export interface ImageDetails extends ImageSummary {
  /** Digests (sha256:...) of the uncompressed layers, the lowest first. */
  readonly layers: readonly string[];
}

export interface TransferProgress {
  /** e.g. a step of a build, or "12 of 20 layers". */
  readonly message: string;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
}

export interface ImageBuildSpec {
  readonly reference: string;
  /** The whole build context. `Dockerfile` must be among the entries. */
  readonly context: readonly FileEntry[];
  /** Files on this machine that go into the context too, by their path there (e.g. a release tarball). */
  readonly contextFiles?: readonly { readonly path: string; readonly source: string }[];
  readonly arguments: Readonly<Record<string, string>>;
  readonly labels: Labels;
  readonly noCache?: boolean;
}

export interface ImageImportOptions {
  readonly reference: string;
  readonly labels: Labels;
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type OnProgress = (progress: TransferProgress) => void;

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export interface Images {
  /** undefined when the engine does not have it. */
  inspect(reference: string): Promise<ImageDetails | undefined>;
  list(filter: LabelFilter): Promise<ImageSummary[]>;
  /** @throws ImageBuildError with the last lines of the build's output in `details` */
  build(
    spec: ImageBuildSpec,
    options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal },
  ): Promise<void>;
  /**
   * A root file system as an image of one layer.
   *
   * Labels, entrypoint and environment travel as Dockerfile lines in a URL. One of them may have 64 kB, its quotes,
   * backslashes and dollar signs counted twice; all together 1 MB in URL encoding. The engine's time grows with the
   * square of a value: 0.2 s for 20 kB of JSON, 1 s for 64 kB.
   * @throws UsageError for more than that, and for line breaks in labels or environment; DiskFullError
   */
  importRootFilesystem(tar: Readable, options: ImageImportOptions): Promise<void>;
  /**
   * One tar of several images by reference, in the form of `docker save`: manifest.json, a config per image, and each
   * layer once. The engine makes a copy on its own disk before the first byte comes. To be read to its end or destroyed;
   * a failure half-way is an error of the stream.
   * @throws NotFoundError when one of them is missing, DiskFullError
   */
  save(references: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<Readable>;
  /**
   * The images of such a tar, with their references; a reference that another image had goes over. The files of layers
   * that the engine has already (upon the same lower ones) may be missing in the tar. An engine need not notice a config
   * that was altered, but the image has another id then: compare it where that matters. Takes room on the engine's disk
   * for the tar and for its new layers at once, until it is done.
   * @throws EngineFailedError for a tar that is none, is cut off, or lacks its manifest or a layer; DiskFullError
   */
  load(tar: Readable, options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Credentials come from Docker's own config file and helpers.
   * @throws NotFoundError, RegistryError (refused), RegistryUnreachableError
   */
  pull(reference: string, options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal }): Promise<void>;
  /** As pull. */
  push(reference: string, options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Takes a name out of its registry, asked from this machine. Idempotent. Bytes stay until the registry collects garbage.
   * @returns other names of the same image there, which stay
   * @throws RegistryError (refused, or it lets nobody remove), RegistryUnreachableError
   */
  withdraw(reference: string, options: { readonly signal?: AbortSignal }): Promise<string[]>;
  /**
   * Checks user and password at a registry (HOST[:PORT]) and keeps them where Docker's own client does.
   * @throws RegistryError (refused), RegistryUnreachableError
   */
  login(registry: string, login: RegistryLogin): Promise<void>;
  /** Whether Docker's own client would have a user for this registry; whether the registry takes it is not asked. */
  knowsLogin(registry: string): Promise<boolean>;
  /** @throws NotFoundError */
  tag(reference: string, as: string): Promise<void>;
  /** Idempotent. @throws ConflictError when a container uses it */
  remove(reference: string): Promise<void>;
}
