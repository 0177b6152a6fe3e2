import { hash } from 'bcryptjs';
import type { ContainerSummary, Engine } from '../engine/index.js';
import { FailedError, NotFoundError, PortTakenError, TimedOutError, UsageError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import { type ImageRecipe, ImageStore } from '../images/index.js';

const CONTAINER = 'bds-registry';
const VOLUME = 'bds-registry';
const LABEL = 'bdsandbox.role';
const USER_LABEL = 'bdsandbox.registry.user';
/** What the public image and ours both listen on. */
const PORT = 5000;
const PUBLIC_IMAGE = 'registry:2';
const START_TIMEOUT_MS = 30_000;

export interface RegistryContext {
  readonly engine: Engine;
  /** Configured registry: HOST[:PORT]. */
  readonly address: string;
  readonly signal?: AbortSignal | undefined;
  readonly report: Report;
}

export interface RegistryStatus {
  readonly address: string;
  /** `embedded`: a container of ours on this engine; `external`: somebody else's. */
  readonly kind: 'embedded' | 'external';
  readonly state: 'up' | 'down';
  /** Whether it asks for a user and a password. */
  readonly protected: boolean;
  readonly container: string | null;
}

export interface RegistryCredentials {
  readonly user: string;
  readonly password: string;
}

export async function registryStatus({ engine, address }: RegistryContext): Promise<RegistryStatus> {
  const container = await findRegistry(engine);
  const answer = await ask(address);
  return {
    address,
    kind: container && isLoopback(address) ? 'embedded' : 'external',
    state: answer === undefined ? 'down' : 'up',
    protected: answer === 401,
    container: container?.name ?? null,
  };
}

/**
 * The embedded registry, running. Idempotent: a running one stays as it is, images are kept in a volume.
 * @param credentials ask for this user and password from now on
 * @throws PortTakenError, UsageError when the configured registry is not on this machine
 */
export async function registryUp(
  context: RegistryContext,
  options: {
    readonly recipe: () => Promise<ImageRecipe>;
    readonly credentials?: RegistryCredentials | undefined;
    readonly onProgress: (detail: string) => void;
  },
): Promise<RegistryStatus> {
  const { engine, address } = context;
  if (!isLoopback(address)) {
    throw new UsageError(
      `the configured registry ${address} is not on this machine`,
      'it needs no start from here; for an embedded one: bdsandbox config set registry 127.0.0.1:5000',
    );
  }
  const existing = await findRegistry(engine);
  if (existing && options.credentials === undefined) {
    await engine.containers.start(existing.id);
  } else {
    const image = await registryImage(context, options);
    if (existing) await engine.containers.remove(existing.id);
    await startRegistry(context, image, options.credentials);
  }
  await waitForAnswer(address, context.signal);
  return registryStatus(context);
}

/** @param purge also the images it holds @throws NotFoundError */
export async function registryDown({ engine }: RegistryContext, purge: boolean): Promise<void> {
  const existing = await findRegistry(engine);
  if (!existing && !purge)
    throw new NotFoundError('the embedded registry is not up', 'start it: bdsandbox registry up');
  if (existing) await engine.containers.remove(existing.id);
  if (purge) await engine.volumes.remove(VOLUME);
}

async function startRegistry(
  { engine, address }: RegistryContext,
  image: string,
  credentials: RegistryCredentials | undefined,
): Promise<void> {
  const labels = { [LABEL]: 'registry', ...(credentials ? { [USER_LABEL]: credentials.user } : {}) };
  await engine.volumes.create({ name: VOLUME, labels: { [LABEL]: 'registry' } });
  const id = await engine.containers.create({
    name: CONTAINER,
    image,
    hostname: 'registry',
    labels,
    environment: {
      REGISTRY_STORAGE_DELETE_ENABLED: 'true',
      ...(credentials
        ? {
            REGISTRY_AUTH: 'htpasswd',
            REGISTRY_AUTH_HTPASSWD_REALM: 'bdsandbox',
            REGISTRY_AUTH_HTPASSWD_PATH: '/etc/bdsandbox/htpasswd',
          }
        : {}),
    },
    mounts: [{ volume: VOLUME, path: '/var/lib/registry', readOnly: false }],
    publish: [{ containerPort: PORT, hostAddress: '127.0.0.1', hostPort: portOf(address) }],
    restart: 'unless-stopped',
  });
  try {
    if (credentials) {
      // The registry knows bcrypt only; ten rounds are its own documentation's example.
      const line = `${credentials.user}:${await hash(credentials.password, 10)}\n`;
      await engine.containers.writeFiles(id, [{ path: '/etc/bdsandbox/htpasswd', content: line }]);
    }
    await engine.containers.start(id);
  } catch (error) {
    await engine.containers.remove(id);
    if (!(error instanceof PortTakenError)) throw error;
    throw new PortTakenError(
      `port ${portOf(address)} of this machine is taken, and the registry wants it`,
      'use another: bdsandbox config set registry 127.0.0.1:5001',
      { cause: error },
    );
  }
}

/** The public image where it can be had, else one made of Debian's docker-registry. */
async function registryImage(
  context: RegistryContext,
  options: { readonly recipe: () => Promise<ImageRecipe>; readonly onProgress: (detail: string) => void },
): Promise<string> {
  const { images } = context.engine;
  if (await images.inspect(PUBLIC_IMAGE)) return PUBLIC_IMAGE;
  const recipe = await options.recipe();
  if (await images.inspect(recipe.reference)) return recipe.reference;
  try {
    options.onProgress(`pulling ${PUBLIC_IMAGE}`);
    await images.pull(PUBLIC_IMAGE, { signal: limited(context.signal, 60_000) });
    return PUBLIC_IMAGE;
  } catch {
    context.signal?.throwIfAborted();
    const store = new ImageStore({ ...context, registry: context.address });
    return (await store.build(recipe, options.onProgress)).reference;
  }
}

async function findRegistry(engine: Engine): Promise<ContainerSummary | undefined> {
  return (await engine.containers.list({ [LABEL]: 'registry' }))[0];
}

async function waitForAnswer(address: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    if ((await ask(address)) !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new TimedOutError(
    `the registry on ${address} did not answer within ${START_TIMEOUT_MS / 1000} s`,
    `look at its log: docker logs ${CONTAINER}`,
  );
}

/** Status code of the registry's version check (GET /v2/); undefined when nothing answers. */
async function ask(address: string): Promise<number | undefined> {
  for (const scheme of isLoopback(address) ? ['http'] : ['https', 'http']) {
    try {
      const response = await fetch(`${scheme}://${address}/v2/`, { signal: AbortSignal.timeout(3_000) });
      await response.body?.cancel();
      return response.status;
    } catch {
      // The next scheme, or nobody there.
    }
  }
  return undefined;
}

function limited(signal: AbortSignal | undefined, ms: number): AbortSignal {
  return signal ? AbortSignal.any([signal, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms);
}

function isLoopback(address: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost)(:\d+)?$/.test(address);
}

function portOf(address: string): number {
  const port = Number(address.split(':')[1] ?? PORT);
  if (!Number.isInteger(port))
    throw new FailedError(`'${address}' is not HOST:PORT`, 'bdsandbox config set registry HOST:PORT');
  return port;
}
