import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { Containers, Engines } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import { execBare, forAll, type SandboxRecord } from '../sandbox/index.js';
import type { Host } from './hosts.js';

/** Ways to the nodes through their engine, wherever that is, as long as this process holds them open. */
export interface Tunnels {
  readonly hosts: readonly Host[];
  close(): void;
}

/**
 * In a node: standard input and output are a connection to HOST PORT. Either side may end before the other, as in TCP:
 * bash's /dev/tcp cannot say the end of one direction. 111 when nobody listens there.
 */
const CONNECT = `use IO::Socket::INET;
my $peer = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or exit 111;
sub copy {
  my ($from, $to) = @_;
  while (sysread($from, my $data, 65536)) {
    for (my $done = 0; $done < length $data;) { $done += syswrite($to, $data, length($data) - $done, $done) || return }
  }
}
my $child = fork;
if (!$child) { copy(\\*STDIN, $peer); shutdown($peer, 1); exit }
copy($peer, \\*STDOUT);
kill 'TERM', $child`;

/** Others may have some of the addresses: another tunnel, or a program of the machine. */
const TRIES = 5;

/**
 * Each node gets a loopback address of this machine, where all ports of its services are listened to; what comes goes
 * through a command in the node. So names and port numbers are those of the sandbox, and clients that are led on by name
 * arrive. Only on Linux are all addresses from 127.0.0.0/8 there by themselves.
 * @throws FailedError
 */
export async function openTunnels(engines: Engines, record: SandboxRecord): Promise<Tunnels> {
  for (let left = TRIES; ; left -= 1) {
    const prefix = `127.${randomInt(16, 255)}.${randomInt(1, 255)}`;
    const opened = await openAt(prefix, engines, record);
    if (!('failure' in opened)) return opened;
    if (left > 1 && opened.failure.code === 'EADDRINUSE') continue;
    throw new FailedError(
      `can't listen for the nodes of ${record.sandbox.name} at ${prefix}.*: ${opened.failure.message}`,
      'it needs Linux, and ports from 1024 upwards; run the program in a node (bdsandbox exec)',
      { cause: opened.failure },
    );
  }
}

async function openAt(
  prefix: string,
  engines: Engines,
  record: SandboxRecord,
): Promise<Tunnels | { failure: NodeJS.ErrnoException }> {
  const servers: Server[] = [];
  const over = new AbortController();
  const close = (): void => {
    over.abort();
    for (const server of servers) server.close();
  };
  const nodes = record.sandbox.nodes.map((node, index) => ({
    node,
    address: `${prefix}.${index + 1}`,
    container: record.containers[index],
  }));
  const wanted = nodes.flatMap(({ node, address, container }) =>
    (container?.services ?? [])
      .flatMap((service) => service.ports)
      .map(({ port }) => ({ inside: node.address, address, port, container })),
  );
  try {
    await forAll(wanted, async ({ inside, address, port, container }) => {
      if (!container) return;
      const { containers } = engines.on(container.host);
      const server = createServer({ allowHalfOpen: true }, (socket) =>
        forward(containers, container.summary.id, [inside, String(port)], socket, over.signal),
      );
      servers.push(server);
      await once(server.listen(port, address), 'listening');
    });
  } catch (error) {
    close();
    return { failure: error instanceof Error ? error : new Error(String(error)) };
  }
  return { hosts: nodes.map(({ node, address }) => ({ name: node.name, address })), close };
}

function forward(
  containers: Containers,
  container: string,
  target: readonly string[],
  socket: Socket,
  over: AbortSignal,
): void {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  // Whoever hangs up is nobody's business.
  socket.on('error', () => undefined);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const signal = AbortSignal.any([gone.signal, over]);
  const streams = { stdin: socket, stdout: socket, stderr: nowhere, signal };
  execBare(containers, container, ['perl', '-e', CONNECT, ...target], streams).then(
    ({ exitCode }) => (exitCode === 0 ? socket.end() : socket.resetAndDestroy()),
    () => socket.destroy(),
  );
}
