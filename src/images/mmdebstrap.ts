import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExecaError, execa } from 'execa';
import { ImageBuildError } from '../errors/index.js';
import type { Bootstrap } from './root.js';

/** Debian's minbase of a suite with certificates, by the machine's own apt sources. */
export const mmdebstrap: Bootstrap = (suite, signal) => {
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
            `the engine has no Debian ${suite} root, cannot pull one, and mmdebstrap is not installed`,
            `pull debian:${suite}-slim where a registry is reachable, or run: apt-get install -y mmdebstrap`,
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
