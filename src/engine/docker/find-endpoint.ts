import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EngineUnreachableError, UsageError } from '../../errors/index.js';
import { dockerConfigFolder, readDockerConfig, readJson, textField } from './docker-config.js';
import { type Endpoint, type Environment, parseEndpoint } from './endpoint.js';

export interface EndpointSearch {
  /** From our own configuration or a flag. */
  readonly configured?: string | undefined;
  readonly environment: Environment;
}

/**
 * One way to find an engine. An endpoint that somebody named is taken without a trial, so that a wrong one fails
 * loudly instead of letting another engine answer in its place; sockets at usual places must accept a connection.
 */
interface Strategy {
  readonly name: string;
  find(search: EndpointSearch): Promise<Endpoint | NotThere>;
}

interface NotThere {
  readonly kind: 'none';
  readonly reason: string;
}

export const STRATEGIES: readonly Strategy[] = [
  {
    name: 'configuration',
    find: async ({ configured, environment }) =>
      configured ? parseEndpoint(configured, environment) : none('no endpoint is configured'),
  },
  {
    name: 'DOCKER_HOST',
    find: async ({ environment }) =>
      environment.DOCKER_HOST ? parseEndpoint(environment.DOCKER_HOST, environment) : none('not set'),
  },
  { name: 'docker context', find: fromContext },
  { name: 'system socket', find: () => fromSocket('/var/run/docker.sock') },
  {
    name: 'rootless socket',
    find: async ({ environment }) =>
      environment.XDG_RUNTIME_DIR
        ? fromSocket(join(environment.XDG_RUNTIME_DIR, 'docker.sock'))
        : none('XDG_RUNTIME_DIR is not set'),
  },
  {
    name: 'Docker Desktop socket',
    find: ({ environment }) => fromSocket(join(environment.HOME || homedir(), '.docker/run/docker.sock')),
  },
];

/** @throws EngineUnreachableError that says what was tried and why each way failed; UsageError for a bad address */
export async function findEndpoint(
  search: EndpointSearch,
  strategies: readonly Strategy[] = STRATEGIES,
): Promise<Endpoint> {
  const tried: string[] = [];
  for (const strategy of strategies) {
    const found = await strategy.find(search);
    if (found.kind !== 'none') return found;
    tried.push(`${strategy.name}: ${found.reason}`);
  }
  throw new EngineUnreachableError(`no container engine found (${tried.join('; ')})`, hintFor(tried), {
    details: tried,
  });
}

function hintFor(tried: readonly string[]): string {
  return tried.some((line) => line.includes('permission denied'))
    ? 'let your user talk to the engine: sudo usermod -aG docker $USER, then log in again'
    : 'start Docker (sudo systemctl start docker), or set DOCKER_HOST to an engine that runs';
}

function none(reason: string): NotThere {
  return { kind: 'none', reason };
}

/** The layout is Docker's own: contexts/meta/SHA256(name)/meta.json, contexts/tls/SHA256(name)/docker/*.pem. */
async function fromContext({ environment }: EndpointSearch): Promise<Endpoint | NotThere> {
  const name = environment.DOCKER_CONTEXT || textField(await readDockerConfig(environment), 'currentContext');
  if (name === undefined) return none('no context is in use');
  if (name === 'default') return none('the default context is in use');
  const contexts = join(dockerConfigFolder(environment), 'contexts');
  const digest = createHash('sha256').update(name).digest('hex');
  const host = textField(await readJson(join(contexts, 'meta', digest, 'meta.json')), 'Endpoints', 'docker', 'Host');
  if (host === undefined) {
    throw new UsageError(`docker context ${name} is in use and does not exist`, 'choose one: docker context ls');
  }
  const certificates = join(contexts, 'tls', digest, 'docker');
  const endpoint = parseEndpoint(host, environment);
  return endpoint.kind === 'tcp' && endpoint.tls ? parseEndpoint(host, environment, certificates) : endpoint;
}

async function fromSocket(path: string): Promise<Endpoint | NotThere> {
  const failure = await tryToConnect(path);
  if (failure !== undefined) return none(`${path}: ${failure}`);
  return { kind: 'unix', name: `unix://${path}`, path };
}

/** A socket file stays behind when an engine dies, so being there is not enough. */
function tryToConnect(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    const settle = (failure: string | undefined): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => settle(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(REASONS[error.code ?? ''] ?? error.message));
    socket.setTimeout(2000, () => settle('no answer'));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'not there',
  ECONNREFUSED: 'nothing listens',
  EACCES: 'permission denied',
};
