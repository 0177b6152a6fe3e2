import { randomUUID } from 'node:crypto';
import { hash } from 'bcryptjs';
import { isEmbedded } from '../config/index.js';
import type { ContainerSummary, Engine } from '../engine/index.js';
import { NotFoundError, PortTakenError, TimedOutError, UsageError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import { type ImageRecipe, ImageStore } from '../images/index.js';

const CONTAINER = 'bds-registry';
const VOLUME = 'bds-registry';
const LABEL = 'bdsandbox.role';
const PASSWORD_FILE = '/etc/bdsandbox/htpasswd';
const PORT_LABEL = 'bdsandbox.registry.port';
const RESTART_LABEL = 'bdsandbox.registry.restart';
/** Not unless-stopped: an engine that was killed stops what it finds running at its next start, and holds that for our wish. */
const RESTART = 'always';
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
    kind: container && isEmbedded(address) ? 'embedded' : 'external',
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
  mustBeHere(address);
  const existing = await findRegistry(engine);
  const samePort = existing?.labels[PORT_LABEL] === String(portOf(address));
  const comesBack = existing?.labels[RESTART_LABEL] === RESTART;
  if (existing && samePort && comesBack && options.credentials === undefined) {
    await engine.containers.start(existing.id);
  } else {
    const image = await registryImage(context, options);
    const passwords = await passwordFile(engine, existing, options.credentials);
    if (existing) await engine.containers.remove(existing.id);
    try {
      await startRegistry(context, image, passwords);
    } catch (error) {
      await putBack(context, existing, passwords);
      throw error;
    }
  }
  await waitForAnswer(address, context.signal);
  return registryStatus(context);
}

/** @param purge also the images it holds @throws NotFoundError */
export async function registryDown({ engine, address }: RegistryContext, purge: boolean): Promise<void> {
  mustBeHere(address);
  const existing = await findRegistry(engine);
  if (!existing && !purge)
    throw new NotFoundError('the embedded registry is not up', 'start it: bdsandbox registry up');
  if (existing) await engine.containers.remove(existing.id);
  if (purge) await engine.volumes.remove(VOLUME);
}

/** The registry as it was: without it the next start would know of no password. */
async function putBack(
  context: RegistryContext,
  former: ContainerSummary | undefined,
  passwords: Buffer | string | undefined,
): Promise<void> {
  const port = former?.labels[PORT_LABEL];
  if (!former || port === undefined) return;
  await startRegistry({ ...context, address: `127.0.0.1:${port}` }, former.image, passwords);
}

async function startRegistry(
  { engine, address }: RegistryContext,
  image: string,
  passwords: Buffer | string | undefined,
): Promise<void> {
  const labels = { [LABEL]: 'registry', [PORT_LABEL]: String(portOf(address)), [RESTART_LABEL]: RESTART };
  await engine.volumes.create({ name: VOLUME, labels: { [LABEL]: 'registry' } });
  const id = await engine.containers.create({
    name: CONTAINER,
    image,
    hostname: 'registry',
    labels,
    environment: {
      REGISTRY_STORAGE_DELETE_ENABLED: 'true',
      ...(passwords !== undefined
        ? {
            REGISTRY_AUTH: 'htpasswd',
            REGISTRY_AUTH_HTPASSWD_REALM: 'bdsandbox',
            REGISTRY_AUTH_HTPASSWD_PATH: PASSWORD_FILE,
          }
        : {}),
    },
    mounts: [{ volume: VOLUME, path: '/var/lib/registry', readOnly: false }],
    publish: [{ containerPort: PORT, hostAddress: '127.0.0.1', hostPort: portOf(address) }],
    restart: RESTART,
  });
  try {
    if (passwords !== undefined) {
      await engine.containers.writeFiles(id, [{ path: PASSWORD_FILE, content: passwords }]);
    }
    await engine.containers.start(id);
  } catch (error) {
    await engine.containers.remove(id);
    if (!(error instanceof PortTakenError)) throw error;
    throw new PortTakenError(
      `port ${portOf(address)} of this machine is taken, and the registry wants it`,
      'use another: set registry in the config file, or BDSANDBOX_REGISTRY=127.0.0.1:5001',
      { cause: error },
    );
  }
}

/** New credentials, else those that the registry asked for so far. */
async function passwordFile(
  engine: Engine,
  existing: ContainerSummary | undefined,
  credentials: RegistryCredentials | undefined,
): Promise<Buffer | string | undefined> {
  // The registry knows bcrypt only; ten rounds are its own documentation's example.
  if (credentials) return `${credentials.user}:${await hash(credentials.password, 10)}\n`;
  return existing && engine.containers.readFile(existing.id, PASSWORD_FILE);
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

/**
 * Whether the registry takes everybody, with any password: then a login means nothing. One that lets people in without a
 * login may still look at the one they have.
 */
export async function takesAnyLogin(address: string): Promise<boolean> {
  if ((await ask(address)) !== 200) return false;
  const nobody = Buffer.from(`nobody:${randomUUID()}`).toString('base64');
  return (await ask(address, { Authorization: `Basic ${nobody}` })) === 200;
}

/** Status code of the registry's version check (GET /v2/); undefined when nothing answers. */
async function ask(address: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  for (const scheme of isEmbedded(address) ? ['http'] : ['https', 'http']) {
    try {
      const response = await fetch(`${scheme}://${address}/v2/`, { headers, signal: AbortSignal.timeout(3_000) });
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

/** @throws UsageError for a registry of another machine, which is not ours to start or stop */
function mustBeHere(address: string): void {
  if (isEmbedded(address)) return;
  throw new UsageError(
    `the configured registry ${address} is not on this machine`,
    'it needs no start from here; for an embedded one set registry to 127.0.0.1:5000 (BDSANDBOX_REGISTRY)',
  );
}

function portOf(address: string): number {
  return Number(address.split(':')[1] ?? PORT);
}
