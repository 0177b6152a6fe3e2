import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { ExecaError, execa } from 'execa';
import type { Engine } from '../engine/index.js';
import { ImageBuildError } from '../errors/index.js';
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
  await makeRoot(engine, options.bootstrap ?? mmdebstrap, options.signal);
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

const mmdebstrap: Bootstrap = (suite, signal) => {
  // A run that is stopped leaves its half-made root behind.
  const workFolder = mkdtempSync(path.join(tmpdir(), 'bdsandbox-root-'));
  // apt downloads as a user of its own, who has to get in.
  chmodSync(workFolder, 0o755);
  const child = execa('mmdebstrap', ['--variant=minbase', '--include=ca-certificates', suite, '-'], {
    buffer: { stdout: false, stderr: true },
    ...(signal ? { cancelSignal: signal } : {}),
    forceKillAfterDelay: 5_000,
    // In trouble mmdebstrap sends a hang-up to its whole process group, and this program must not be in it.
    detached: true,
    env: { TMPDIR: workFolder },
  });
  const finished = child.then(
    () => undefined,
    (cause: unknown) => {
      signal?.throwIfAborted();
      const missing = cause instanceof ExecaError && cause.code === 'ENOENT';
      const said =
        cause instanceof ExecaError
          ? String(cause.stderr ?? '')
              .trim()
              .split('\n')
          : [];
      throw missing
        ? new ImageBuildError(
            `the engine has no ${PUBLIC_ROOT}, cannot pull it, and mmdebstrap is not installed`,
            `pull ${PUBLIC_ROOT} where a registry is reachable, or run: apt-get install -y mmdebstrap`,
            { cause },
          )
        : new ImageBuildError('mmdebstrap could not make a Debian root', 'check the apt sources of this machine', {
            cause,
            details: said.slice(-10),
          });
    },
  );
  return { stdout: child.stdout, finished: finished.finally(() => removeFolder(workFolder)) };
};

/** Never into another file system: a root under construction has some mounted. */
async function removeFolder(folder: string): Promise<void> {
  await execa('rm', ['-rf', '--one-file-system', folder], { reject: false });
}
