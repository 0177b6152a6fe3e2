import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type Dial, join } from './dial.js';
import { type Reason, Refusal } from './refusal.js';

const STATUS: Readonly<Record<Reason, number>> = { elsewhere: 403, down: 503, refused: 502, silent: 504 };
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Of one connection alone, RFC 9110 section 7.6.1; and the two that proxies have made up. */
const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-connection|proxy-authorization|te|trailer|transfer-encoding|upgrade)$/i;

/**
 * An HTTP proxy that is given its connections: CONNECT, and plain requests that name a whole URL.
 * @param home what a browser sees that opens the proxy's own address
 */
export function httpProxy(dial: Dial, home: string): Server {
  const server = createServer((incoming, response) => void forward(incoming, response, dial, home));
  // Whoever keeps a connection open keeps it: they are all of this machine's programs.
  server.requestTimeout = 0;
  server.on('connect', (incoming, client, head) => void connect(incoming, client as Socket, head, dial));
  server.on('clientError', (_error, client) => {
    if (client.writable) client.end(answer(400, 'this is an HTTP and SOCKS 5 proxy, and understood nothing'));
    else client.destroy();
  });
  return server;
}

async function connect({ url = '' }: IncomingMessage, client: Socket, head: Buffer, dial: Dial): Promise<void> {
  client.on('error', () => undefined);
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(url) ?? [];
  if (host === undefined) return void client.end(answer(400, `CONNECT needs HOST:PORT, and not ${url}`));
  try {
    const node = await dial(host, Number(port), client);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    join(client, node);
  } catch (error) {
    client.end(answer(...refused(error)));
  }
}

async function forward(incoming: IncomingMessage, response: ServerResponse, dial: Dial, home: string): Promise<void> {
  const { method, socket } = incoming;
  const say = (status: number, text: string): void => {
    incoming.resume();
    if (response.headersSent) return void response.destroy();
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  };
  const url = URL.parse(incoming.url ?? '');
  if (!url && !isOwnName(incoming.headers.host)) return say(403, 'this proxy has pages under its address alone');
  if (!url) return say(incoming.url === '/' ? 200 : 400, home);
  if (url.protocol !== 'http:') return say(400, `${url.protocol} is not forwarded: use CONNECT`);
  try {
    const port = Number(url.port || 80);
    const node = await dial(url.hostname.replace(/^\[|\]$/g, ''), port, socket);
    const outgoing = request({
      method,
      path: `${url.pathname}${url.search}`,
      headers: { ...endToEnd(incoming.headers), host: url.host },
      setDefaultHeaders: false,
      createConnection: () => node,
    });
    outgoing.on('response', (from) => {
      response.writeHead(from.statusCode ?? 502, from.statusMessage, endToEndRaw(from));
      from.on('error', () => response.destroy());
      from.pipe(response);
    });
    outgoing.on('error', () => say(502, `${url.host} hung up`));
    response.on('close', () => node.destroy());
    incoming.pipe(outgoing);
  } catch (error) {
    say(...refused(error));
  }
}

/**
 * Whether a page of the proxy's own was asked for by an address or as localhost. A page of somebody else's site, in a browser
 * here, may have led its own name to this machine, and would read the answer (DNS rebinding).
 */
function isOwnName(host: string | undefined): boolean {
  const name = host?.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  return name === undefined || name === 'localhost' || isIP(name) !== 0;
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = namedBy(headers.connection);
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.test(name) && !named.has(name));
  // The length of a body that comes in pieces is not known; without this Node would send none.
  const isChunked = headers['transfer-encoding'] !== undefined;
  return { ...Object.fromEntries(kept), ...(isChunked && { 'transfer-encoding': 'chunked' }), connection: 'close' };
}

/** Names with values in turn, as they came: some headers come twice. */
function endToEndRaw({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = namedBy(headers.connection);
  return rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1 || HOP_BY_HOP.test(name) || named.has(name.toLowerCase())) return [];
    return [name, rawHeaders[index + 1] ?? ''];
  });
}

function namedBy(connection = ''): Set<string> {
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

function refused(error: unknown): [number, string] {
  if (error instanceof Refusal) return [STATUS[error.reason], error.message];
  return [502, error instanceof Error ? error.message : String(error)];
}

function answer(status: number, text: string): string {
  const body = `${text}\n`;
  const headers = [
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return [`HTTP/1.1 ${status} ${TITLES[status]}`, ...headers, '', body].join('\r\n');
}
