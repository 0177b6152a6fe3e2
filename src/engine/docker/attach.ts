import { type Duplex, PassThrough } from 'node:stream';
import type { Attached, AttachOptions } from '../port.js';
import type { Connection } from './connection.js';
import { named } from './copy.js';
import { speak } from './hijacked.js';

/** @see Containers.attach */
export async function attachTo(connection: Connection, id: string, options: AttachOptions): Promise<Attached> {
  options.signal?.throwIfAborted();
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
  // The engine keeps standard error in the container's log.
  const stderr = new PassThrough().resume();
  return { ended: speak(connection, socket, about, { ...options, stderr }, () => undefined) };
}
