import { ConflictError, NotFoundError, PortTakenError } from '../../errors/index.js';
import type { PublishedPort } from '../port.js';
import { mainInputOf } from './attach.js';
import { watchHealth } from './health.js';
import { runUnattended } from './unattended.js';
import { isAlive, type MemoryContainer, type World } from './world.js';

const FIRST_FREE_PORT = 49153;

/** The life of a container's main process: start, health checks, and its end by itself or by force. */
export function startContainer(world: World, container: MemoryContainer): void {
  if (container.state === 'running') return;
  if (container.state === 'paused') throw conflict(container, 'cannot start a paused container, try unpause instead');
  claimAddress(world, container);
  container.ports = claimPorts(world, container);
  container.state = 'running';
  if (container.run.signal.aborted) {
    container.run = new AbortController();
    container.input = mainInputOf(container.spec);
  }
  void runMain(world, container, container.run);
  void watchHealth(world, container);
}

/** The end of the main process; `restart: always` brings it back, but not after a stop. */
export function endContainer(world: World, container: MemoryContainer, by: 'stop' | 'itself'): void {
  if (!isAlive(container)) return;
  container.state = 'stopped';
  container.health = 'none';
  container.ports = [];
  container.run.abort();
  if (by === 'itself' && container.spec.restart === 'always') startContainer(world, container);
}

/**
 * A main command that no test registered runs until it is stopped. A registered one is really run: its output is the
 * log, and its end is the container's.
 */
async function runMain(world: World, container: MemoryContainer, run: AbortController): Promise<void> {
  const take = async (stream: 'stdout' | 'stderr', output: string | Buffer): Promise<void> => {
    if (run.signal.aborted) return;
    container.log += output.toString();
    if (stream === 'stdout') for (const listener of container.listeners) listener.write(output);
  };
  const exitCode = await runUnattended(world, container, container.command, take, container.input);
  if (exitCode !== undefined && !run.signal.aborted) endContainer(world, container, 'itself');
}

/** Like the engine, which takes an address at the start only: two stopped containers may have the same. */
function claimAddress(world: World, container: MemoryContainer): void {
  const wanted = container.spec.network;
  if (!wanted) return;
  const network = [...world.networks.values()].find(({ name, id }) => name === wanted.name || id === wanted.name);
  if (!network) throw new NotFoundError(`network ${wanted.name} not found`, 'make the network first');
  const holder = [...world.containers.values()].find(
    (other) =>
      other !== container &&
      isAlive(other) &&
      other.spec.network?.name === wanted.name &&
      other.spec.network.address === wanted.address,
  );
  if (holder) throw conflict(container, `address ${wanted.address} already in use by ${holder.spec.name}`);
}

function claimPorts(world: World, container: MemoryContainer): PublishedPort[] {
  const others = [...world.containers.values()].filter(isAlive).flatMap(({ ports }) => ports);
  const claimed: PublishedPort[] = [];
  const isTaken = (address: string, port: number): boolean =>
    world.foreignPorts.has(port) ||
    [...others, ...claimed].some(({ hostAddress, hostPort }) => hostPort === port && overlaps(hostAddress, address));
  for (const { containerPort, hostAddress, hostPort } of container.spec.publish ?? []) {
    let port = hostPort || FIRST_FREE_PORT;
    while (hostPort === 0 && isTaken(hostAddress, port)) port += 1;
    if (isTaken(hostAddress, port)) {
      throw new PortTakenError(
        `cannot start container ${container.spec.name}: port ${hostAddress}:${port} is in use`,
        'choose another port, or free it',
      );
    }
    claimed.push({ containerPort, hostAddress, hostPort: port });
  }
  return claimed;
}

function overlaps(a: string, b: string): boolean {
  return a === b || a === '0.0.0.0' || b === '0.0.0.0';
}

export function conflict(container: MemoryContainer, message: string): ConflictError {
  return new ConflictError(`container ${container.spec.name}: ${message}`, 'see its state: bdsandbox ls');
}
