import type { Readable } from 'node:stream';
import type { Images, OnProgress } from '../port.js';
import type { Connection } from './connection.js';
import { field, textField } from './docker-config.js';
import { download } from './download.js';
import { followLines } from './progress.js';
import { upload } from './upload.js';

/** The client has this call, and its types do not know it. */
interface SavesImages {
  getImages(options: { readonly names: readonly string[]; abortSignal?: AbortSignal }): Promise<NodeJS.ReadableStream>;
}

/** @see Images.save */
export function saveImages(
  connection: Connection,
  references: readonly string[],
  { signal }: Parameters<Images['save']>[1] = {},
): Promise<Readable> {
  return download(
    connection,
    { action: `save ${references.join(', ')}` },
    (docker, abortSignal) =>
      (docker as typeof docker & SavesImages).getImages({ names: references, ...(abortSignal && { abortSignal }) }),
    signal,
  );
}

/** @see Images.load */
export async function loadImages(
  connection: Connection,
  tar: Readable,
  { onProgress, signal }: Parameters<Images['load']>[1],
): Promise<void> {
  signal?.throwIfAborted();
  const about = { action: 'load images' };
  const onLine = onProgress ? loadProgress(onProgress) : () => undefined;
  // Without lines of progress the engine answers in another form, and with fewer errors among them.
  const options = { quiet: '0', ...(signal && { abortSignal: signal }) };
  try {
    await connection.ask(about, async (docker) => {
      await upload(
        docker,
        about.action,
        tar,
        (body) => docker.loadImage(body, options),
        (answer) => followLines(answer, onLine, signal),
      );
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Lines come only for layers that the engine did not have, one layer after the other. */
function loadProgress(onProgress: OnProgress): (line: unknown) => void {
  const layers = new Map<string, { current: number; total: number }>();
  return (line) => {
    const said = textField(line, 'stream');
    if (said !== undefined) onProgress({ message: said.trim() });
    const id = textField(line, 'id');
    const [current, total] = [field(line, 'progressDetail', 'current'), field(line, 'progressDetail', 'total')];
    if (id === undefined || typeof current !== 'number' || typeof total !== 'number') return;
    layers.set(id, { current, total });
    const all = [...layers.values()];
    onProgress({
      message: `layer ${layers.size}`,
      doneBytes: all.reduce((sum, layer) => sum + layer.current, 0),
      totalBytes: all.reduce((sum, layer) => sum + layer.total, 0),
    });
  };
}
