import type { OnProgress } from '../../engine/index.js';
import { allOrStop } from '../together.js';
import type { Work } from './work.js';

export function remoteName(registry: string, reference: string): string {
  return `${registry}/${reference}`;
}

/** Under its remote name only; nothing of it is here when that fails. */
export async function pullRemote(
  { engine, signal }: Pick<Work, 'engine' | 'signal'>,
  remote: string,
  onProgress?: OnProgress,
): Promise<void> {
  try {
    await engine.images.pull(remote, { ...(onProgress && { onProgress }), ...(signal && { signal }) });
  } catch (error) {
    // The engine may have got it, and only its answer was lost.
    await engine.images.remove(remote).catch(() => undefined);
    throw error;
  }
}

/** The remote name is there as long as it takes: it would keep the layers when the first is removed. */
export async function pushRemote(
  { engine, signal }: Work,
  reference: string,
  remote: string,
  onProgress?: OnProgress,
): Promise<void> {
  try {
    await engine.images.tag(reference, remote);
    await engine.images.push(remote, { ...(onProgress && { onProgress }), ...(signal && { signal }) });
  } finally {
    // A second try is cheap.
    await engine.images.remove(remote).catch(() => engine.images.remove(remote));
  }
}

/** All at once; the first failure ends the others. @throws that failure, when all have ended */
export async function together<T, R>(
  work: Work,
  items: readonly T[],
  run: (item: T, work: Work) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const signal = work.signal ? AbortSignal.any([work.signal, stop.signal]) : stop.signal;
  const running = items.map((item) => run(item, { ...work, signal }));
  return allOrStop(running, () => stop.abort(new Error('another transfer failed')));
}

/** The first brings what all have in common, so that its bytes count once. */
export async function firstThenTogether<T>(
  work: Work,
  [first, ...others]: readonly T[],
  run: (item: T, work: Work) => Promise<void>,
): Promise<void> {
  if (first !== undefined) await run(first, work);
  await together(work, others, run);
}
