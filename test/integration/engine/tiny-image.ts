import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Engine } from '../../../src/engine/index.js';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];
const APPLETS = ['sh', 'cat', 'echo', 'head', 'sleep', 'test', 'pwd', 'nc', 'true', 'httpd'];

/** An image with a shell and no registry: the one named by the environment, a busybox of our own, or what is there. */
export async function tinyImage(engine: Engine, reference: string): Promise<string | undefined> {
  const named = process.env.BDSANDBOX_TEST_IMAGE;
  if (named) return named;
  const busybox = BUSYBOX.find((path) => existsSync(path));
  if (busybox) {
    // Unlabelled, so that the images made from it carry the labels of their test alone.
    await engine.images.importRootFilesystem(await busyboxRoot(busybox), { reference, labels: {} });
    return reference;
  }
  const local = (await engine.images.list({})).flatMap(({ references }) => references);
  return local.find((it) => /debian|trixie|bookworm|ubuntu|busybox|alpine/.test(it));
}

async function busyboxRoot(path: string): Promise<Readable> {
  const tar = pack();
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, await readFile(path));
  for (const applet of APPLETS) tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' });
  tar.entry({ name: 'tmp', type: 'directory', mode: 0o1777 });
  tar.entry({ name: 'etc/link', type: 'symlink', linkname: '../tmp/target' });
  tar.finalize();
  return Readable.from(tar);
}
