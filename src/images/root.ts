import type { Readable } from 'node:stream';
import type { Engine } from '../engine/index.js';
import { IMAGE_LABELS } from './labels.js';
import { SUITE } from './recipe.js';

/** What a root made here is called; its kernel-independent content is Debian's minbase with certificates. */
const OWN_ROOT = `bdsandbox/root:${SUITE}`;
const PUBLIC_ROOT = `debian:${SUITE}-slim`;
/** A machine without a way to the public registry often drops packets instead of refusing. */
const PULL_TIMEOUT_MS = 60_000;

/**
 * Makes a root file system as a tar stream; once stopped, `finished` rejects with the signal's reason. Tests put another
 * in its place.
 */
export type Bootstrap = (
  suite: string,
  signal: AbortSignal | undefined,
) => {
  readonly stdout: Readable;
  readonly finished: Promise<void>;
};

/**
 * The Debian root that every image starts from: the engine's own, else the public one, else one made by mmdebstrap.
 * @returns its reference
 */
export async function ensureRoot(
  engine: Engine,
  options: {
    readonly onProgress: (detail: string) => void;
    readonly signal?: AbortSignal | undefined;
    readonly bootstrap?: Bootstrap;
  },
): Promise<string> {
  for (const reference of [OWN_ROOT, PUBLIC_ROOT]) {
    if (await engine.images.inspect(reference)) return reference;
  }
  if (await pullPublicRoot(engine, options)) return PUBLIC_ROOT;
  options.onProgress(`no public registry: making a Debian ${SUITE} root with mmdebstrap`);
  await makeRoot(engine, options.bootstrap ?? (await import('./mmdebstrap.js')).mmdebstrap, options.signal);
  return OWN_ROOT;
}

async function makeRoot(engine: Engine, bootstrap: Bootstrap, signal: AbortSignal | undefined): Promise<void> {
  // An engine that stops reading, for a full disk say, leaves the other end waiting for ever.
  const stop = new AbortController();
  const made = bootstrap(SUITE, signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  const importing = engine.images
    .importRootFilesystem(made.stdout, {
      reference: OWN_ROOT,
      labels: { [IMAGE_LABELS.kind]: 'root', [IMAGE_LABELS.name]: 'root' },
    })
    .catch((error: unknown) => {
      stop.abort();
      throw error;
    });
  const [finish, imported] = await Promise.allSettled([made.finished, importing]);
  signal?.throwIfAborted();
  // A bootstrap that fails ends the stream as if it were whole, or cuts it off: its reason is the better one, unless it
  // is that we stopped it.
  const failed = finish.status === 'rejected' && finish.reason !== stop.signal.reason ? finish : imported;
  if (failed.status === 'fulfilled') return;
  if (imported.status === 'fulfilled') await engine.images.remove(OWN_ROOT);
  throw failed.reason;
}

async function pullPublicRoot(
  engine: Engine,
  options: { readonly onProgress: (detail: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  options.onProgress(`pulling ${PUBLIC_ROOT}`);
  const limits = [AbortSignal.timeout(PULL_TIMEOUT_MS)];
  if (options.signal) limits.push(options.signal);
  try {
    await engine.images.pull(PUBLIC_ROOT, {
      signal: AbortSignal.any(limits),
      onProgress: ({ message }) => options.onProgress(`pulling ${PUBLIC_ROOT}: ${message}`),
    });
    return true;
  } catch {
    options.signal?.throwIfAborted();
    return false;
  }
}
