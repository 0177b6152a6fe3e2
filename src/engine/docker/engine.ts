import { NotFoundError } from '../../errors/index.js';
import type { Engine, EngineInfo, Engines } from '../port.js';
import { Connection } from './connection.js';
import { dockerContainers } from './containers.js';
import { field, textField } from './docker-config.js';
import { type Environment, parseEndpoint } from './endpoint.js';
import { findEndpoint } from './find-endpoint.js';
import { dockerImages } from './images.js';
import { dockerNetworks } from './networks.js';
import { dockerVolumes } from './volumes.js';

export interface DockerEnginesOptions {
  /** Of the home engine, e.g. unix:///var/run/docker.sock or tcp://HOST:2376; found by itself when absent. */
  readonly endpoint?: string | undefined;
  /** Further engines. They are not spoken to before the first call goes there. */
  readonly others?: readonly { readonly host: string; readonly endpoint: string }[];
  /** Where DOCKER_HOST, DOCKER_CONFIG, HOME and their like are read; the process's own when absent. */
  readonly environment?: Environment;
}

/**
 * The engines of this run. The home engine is asked for its name right here, one call of a few milliseconds with a
 * limit of time: the name goes into labels and is compared, so it must be the engine's own and not what this machine
 * calls itself (Docker Desktop and forwarded sockets differ), and the call is also the earliest moment to say that no
 * engine answers. Nothing in it changes during a run, so it is asked once.
 * @throws EngineUnreachableError, UsageError
 */
export async function createDockerEngines(options: DockerEnginesOptions = {}): Promise<Engines> {
  const environment = options.environment ?? process.env;
  const endpoint = await findEndpoint({ configured: options.endpoint, environment });
  const connection = new Connection(endpoint);
  const info = await askInfo(connection);
  const home = dockerEngine(info.name, connection, environment, info);
  const others = (options.others ?? []).map(({ host, endpoint: address }) =>
    dockerEngine(host, new Connection(parseEndpoint(address, environment)), environment),
  );
  const engines = new Map([home, ...others].map((engine) => [engine.host, engine]));
  return {
    home: home.host,
    hosts: [...engines.keys()],
    on(host) {
      const engine = engines.get(host);
      if (engine) return engine;
      throw new NotFoundError(
        `host ${host} is not configured`,
        `configured hosts: ${[...engines.keys()].join(', ')}; add it to the configuration to use it`,
      );
    },
  };
}

function dockerEngine(host: string, connection: Connection, environment: Environment, asked?: EngineInfo): Engine {
  let known = asked;
  const info = async (): Promise<EngineInfo> => {
    known ??= await askInfo(connection);
    return known;
  };
  return {
    host,
    info,
    containers: dockerContainers(connection),
    networks: dockerNetworks(connection),
    volumes: dockerVolumes(connection),
    images: dockerImages(connection, environment, async () => (await info()).product),
  };
}

async function askInfo(connection: Connection): Promise<EngineInfo> {
  const about = { action: 'ask the engine' };
  const info = await connection.askSoon(about, async (docker, abortSignal) => {
    // The client's types do not know that it takes options.
    const ask: (options: object) => Promise<unknown> = docker.info.bind(docker);
    return ask({ abortSignal });
  });
  const options = field(info, 'SecurityOptions');
  return {
    name: textField(info, 'Name') ?? 'unknown',
    // Podman alone says with which Buildah it builds; its version numbers are no Docker's.
    product: textField(info, 'BuildahVersion') === undefined ? 'docker' : 'podman',
    version: textField(info, 'ServerVersion') ?? 'unknown',
    kernel: textField(info, 'KernelVersion') ?? 'unknown',
    operatingSystem: textField(info, 'OperatingSystem') ?? 'unknown',
    architecture: textField(info, 'Architecture') ?? 'unknown',
    cpus: Number(field(info, 'NCPU') ?? 0),
    memoryBytes: Number(field(info, 'MemTotal') ?? 0),
    securityOptions: Array.isArray(options) ? options.map(securityOptionName) : [],
    storageDriver: textField(info, 'Driver') ?? 'unknown',
    rootDirectory: textField(info, 'DockerRootDir') ?? 'unknown',
  };
}

/** "name=seccomp,profile=default" -> "seccomp" */
function securityOptionName(option: unknown): string {
  return String(option)
    .replace(/^name=/, '')
    .replace(/,.*$/, '');
}
