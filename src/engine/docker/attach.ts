import { type Duplex, Writable } from 'node:stream';
import type { Attached, AttachOptions } from '../port.js';
import type { Connection } from './connection.js';
import { named } from './copy.js';
import { collect, feed } from './hijacked.js';

/** @see Containers.attach */
export async function attachTo(connection: Connection, id: string, options: AttachOptions): Promise<Attached> {
  const { signal, stdin, stdout } = options;
  signal?.throwIfAborted();
  const about = { action: `speak with ${named(id)}` };
  // The engine has registered us when it answers: what the process says afterwards is heard.
  const socket = await connection.ask(
    about,
    (docker) =>
      // Hijacked: a plain two-way socket, which the client's types do not say.
      docker
        .getContainer(id)
        .attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }) as Promise<Duplex>,
  );
  const abort = (): void => void socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  // A write to a process that no longer reads fails after our last look at the socket; nobody is left to hear it then.
  socket.on('error', () => undefined);
  const feeding = feed(stdin, socket);
  const listen = async (): Promise<void> => {
    try {
      await collect(socket, { stdin, stdout, stderr: nowhere(), ...(signal ? { signal } : {}) }, false);
      signal?.throwIfAborted();
    } catch (error) {
      signal?.throwIfAborted();
      throw connection.translate(feeding.failure ?? error, about);
    } finally {
      signal?.removeEventListener('abort', abort);
      feeding.stop();
      socket.destroy();
    }
  };
  return { ended: listen() };
}

/** The engine keeps it in the container's log. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
