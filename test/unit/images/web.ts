import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

/** A server on a free port of 127.0.0.1, gone when the variable's scope ends. */
export async function webServer(answer: RequestListener) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    address: `127.0.0.1:${address.port}`,
    url: `http://127.0.0.1:${address.port}`,
    /** Paths that were asked for so far, in order. */
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers each path with its content, and every other one with 404. */
export function files(content: Readonly<Record<string, string>>): RequestListener {
  return (request, response) => {
    const body = content[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200).end(body ?? 'no such page');
  };
}
