import { type Duplex, PassThrough } from 'node:stream';
import type Dockerode from 'dockerode';
import type { Attached, AttachOptions } from '../port.js';
import type { Connection } from './connection.js';
import { named } from './copy.js';
import { speak } from './hijacked.js';

/** @see Containers.attach */
export async function attachTo(connection: Connection, id: string, options: AttachOptions): Promise<Attached> {
  options.signal?.throwIfAborted();
  const about = { action: `speak with ${named(id)}` };
  // The engine has registered us when it answers: what the process says afterwards is heard.
  const socket = await connection.ask(about, ({ modem }) => dial(modem, id));
  // The engine keeps standard error in the container's log.
  const stderr = new PassThrough().resume();
  return { ended: speak(connection, socket, about, { ...options, stderr }, () => undefined) };
}

/**
 * A plain two-way socket. The client's own `attach` repeats the query as a body, which Docker drops and Podman takes for the
 * first of what the process reads; this request has none.
 */
function dial(modem: Dockerode['modem'], id: string): Promise<Duplex> {
  const request = {
    path: `/containers/${id}/attach?`,
    method: 'POST',
    options: { _query: { stream: true, stdin: true, stdout: true, stderr: true } },
    file: Buffer.alloc(0),
    isStream: true,
    hijack: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    modem.dial(request, (error, socket) => (error ? reject(error) : resolve(socket as Duplex)));
  });
}
