import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { MemoryEngine, type MemoryRegistry } from '../../../src/engine/memory/index.js';
import { EngineFailedError, ImageBuildError, RegistryError } from '../../../src/errors/index.js';
import type { Bootstrap } from '../../../src/images/index.js';
import { ensureRoot } from '../../../src/images/root.js';
import { withImages } from './engine.js';

const OWN = 'bdsandbox/root:trixie';
const PUBLIC = 'debian:trixie-slim';
const failed = new ImageBuildError('mmdebstrap could not make a Debian root', 'check the apt sources');

describe('ensureRoot', () => {
  it.each([
    ['the engine’s own root', [OWN], OWN],
    ['the public one', [PUBLIC], PUBLIC],
    ['the own one of both', [PUBLIC, OWN], OWN],
  ])('takes %s without pulling', async (_, there, expected) => {
    const engine = new MemoryEngine();
    for (const reference of there) engine.addImage(reference);
    expect(await ensureRoot(engine, { onProgress: ignore, bootstrap: neverAsked })).toBe(expected);
    expect(new Set(engine.callNames)).toEqual(new Set(['images.inspect']));
  });

  it('else pulls the public one', async () => {
    const registry: MemoryRegistry = new Map();
    await new MemoryEngine({ registry }).addImage(PUBLIC).images.push(PUBLIC, {});
    const engine = new MemoryEngine({ registry });
    const details: string[] = [];
    const options = { onProgress: (detail: string) => details.push(detail), bootstrap: neverAsked };
    expect(await ensureRoot(engine, options)).toBe(PUBLIC);
    expect(engine.inventory().images).toEqual([PUBLIC]);
    expect(details).toEqual([`pulling ${PUBLIC}`, `pulling ${PUBLIC}: 1 of 1 layers`]);
  });

  it('else makes its own, once', async () => {
    const engine = new MemoryEngine();
    const suites: string[] = [];
    const bootstrap: Bootstrap = (suite) => {
      suites.push(suite);
      return { stdout: rootTar(), finished: Promise.resolve() };
    };
    const details: string[] = [];
    const options = { onProgress: (detail: string) => details.push(detail), bootstrap };
    expect(await ensureRoot(engine, options)).toBe(OWN);
    expect(await ensureRoot(engine, options)).toBe(OWN);
    expect(suites).toEqual(['trixie']);
    expect(details.at(-1)).toContain('mmdebstrap');
    const image = await engine.images.inspect(OWN);
    expect(image?.labels).toEqual({ 'bdsandbox.image': 'root', 'bdsandbox.image.name': 'root' });
    expect(image?.sizeBytes).toBe('trixie/13\n'.length);
  });

  it.each([
    ['whole', rootTar],
    ['empty', () => Readable.from([])],
    ['cut off', () => Readable.from([Buffer.alloc(700, 'x')])],
  ])('a bootstrap that fails, though its stream ends %s, is the reason and leaves no image', async (_, stream) => {
    const engine = new MemoryEngine();
    const bootstrap: Bootstrap = () => ({ stdout: stream(), finished: Promise.reject(failed) });
    await expect(ensureRoot(engine, { onProgress: ignore, bootstrap })).rejects.toBe(failed);
    expect(engine.inventory().images).toEqual([]);
  });

  it('an import that fails stops the bootstrap, and is the reason', async () => {
    const full = new EngineFailedError('no space left on device', 'free some');
    const engine = withImages(new MemoryEngine(), { importRootFilesystem: () => Promise.reject(full) });
    let stopped = false;
    const bootstrap: Bootstrap = (_suite, signal) => {
      const finished = new Promise<void>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          stopped = true;
          reject(signal.reason);
        });
      });
      // Nobody reads it: without the signal this never ends.
      return { stdout: new Readable({ read: ignore }), finished };
    };
    await expect(ensureRoot(engine, { onProgress: ignore, bootstrap })).rejects.toBe(full);
    expect(stopped).toBe(true);
  });

  it('an interrupt stops the bootstrap, and is the reason whatever that says', async () => {
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const engine = new MemoryEngine();
    const bootstrap: Bootstrap = (_suite, signal) => {
      const stdout = new Readable({ read: ignore });
      const finished = new Promise<void>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          stdout.push(null);
          reject(new Error('killed'));
        });
      });
      setTimeout(() => interrupt.abort(reason), 1);
      return { stdout, finished };
    };
    const options = { onProgress: ignore, bootstrap, signal: interrupt.signal };
    await expect(ensureRoot(engine, options)).rejects.toBe(reason);
  });

  it('an interrupted pull is not followed by a bootstrap', async () => {
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const engine = withImages(new MemoryEngine(), {
      pull: () => {
        interrupt.abort(reason);
        return Promise.reject(new RegistryError('toomanyrequests', 'wait'));
      },
    });
    const options = { onProgress: ignore, bootstrap: neverAsked, signal: interrupt.signal };
    await expect(ensureRoot(engine, options)).rejects.toBe(reason);
  });
});

function ignore(): void {}

function neverAsked(): never {
  throw new Error('mmdebstrap was started');
}

function rootTar(): Readable {
  const tar = pack();
  tar.entry({ name: 'etc/debian_version' }, 'trixie/13\n');
  tar.finalize();
  return Readable.from(tar);
}
