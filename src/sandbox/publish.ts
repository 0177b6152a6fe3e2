import type { PortRequest } from '../engine/index.js';
import { didYouMean, UsageError } from '../errors/index.js';
import type { Plan, PlannedService } from '../plan/index.js';

/** What reaches the host beside the ports that templates publish anyway. */
export interface PublishRequest {
  /** Host address to listen on; 127.0.0.1 unless asked otherwise. */
  readonly address: string;
  /** SERVICE[.PORTNAME][=PORT], as given. */
  readonly services: readonly string[];
}

interface Wish {
  readonly text: string;
  readonly service: string;
  /** Name of one of its ports; all of them when absent. */
  readonly name: string | undefined;
  /** undefined: any free port. */
  readonly hostPort: number | undefined;
}

/**
 * By node: the ports to publish. SERVICE publishes all of its ports, on every node that has it. SERVICE=PORT fixes one
 * on the host: the service's own port of that number, else its first. SERVICE.NAME means that port alone.
 * @throws UsageError
 */
export function publishedPorts(plan: Plan, request: PublishRequest): Map<string, PortRequest[]> {
  const wishes = request.services.map(parseWish);
  for (const wish of wishes) check(plan, wish);
  const services = wishes.map(({ service, name }) => `${service}.${name ?? ''}`);
  const twice = wishes.find((_, index) => services.indexOf(services[index] ?? '') < index);
  if (twice) throw new UsageError(`--publish ${twice.text}: it is asked for twice`, 'ask for each port once');
  return new Map(
    plan.nodes.map((node) => [
      node.name,
      node.services.flatMap((service) =>
        service.ports.flatMap(({ name, port, publish }) => {
          const mine = wishes.filter((wish) => wanted(wish, service).includes(name));
          if (!publish && mine.length === 0) return [];
          const hostPort = mine.find((wish) => wish.hostPort !== undefined)?.hostPort ?? 0;
          return [{ containerPort: port, hostAddress: request.address, hostPort }];
        }),
      ),
    ]),
  );
}

/** Names of the service's ports that the wish is about. */
function wanted({ service, name, hostPort }: Wish, { name: of, ports }: PlannedService): string[] {
  if (service !== of) return [];
  if (name !== undefined) return [name];
  if (hostPort === undefined) return ports.map((port) => port.name);
  const fixed = ports.find(({ port }) => port === hostPort) ?? ports[0];
  return fixed ? [fixed.name] : [];
}

function parseWish(text: string): Wish {
  const match = /^([a-z][a-z0-9-]*)(?:\.([a-z][a-z0-9-]*))?(?:=(\d{1,5}))?$/.exec(text);
  const hostPort = match?.[3] === undefined ? undefined : Number(match[3]);
  if (match?.[1] === undefined || hostPort === 0 || (hostPort ?? 0) > 65_535) {
    throw new UsageError(
      `--publish '${text}' is not SERVICE, SERVICE.NAME, or one of these with =PORT from 1 to 65535`,
      'write for example --publish namenode=9870',
    );
  }
  return { text, service: match[1], name: match[2], hostPort };
}

function check(plan: Plan, { text, service, name, hostPort }: Wish): void {
  const all = plan.nodes.flatMap((node) => node.services);
  const found = all.filter((each) => each.name === service);
  const [first] = found;
  if (!first) {
    const known = new Set(all.map((each) => each.name));
    throw new UsageError(
      `--publish: there is no service ${service}${didYouMean(service, known)}`,
      `its services are: ${[...known].join(', ')}`,
    );
  }
  const names = first.ports.map((port) => port.name);
  if (name !== undefined && !names.includes(name)) {
    throw new UsageError(
      `--publish ${text}: ${service} has no port ${name}${didYouMean(name, names)}`,
      `its ports are: ${names.join(', ')}`,
    );
  }
  if (hostPort !== undefined && found.length > 1) {
    throw new UsageError(
      `--publish ${text}: ${service} runs on ${found.length} nodes, and a host port can be used once`,
      `use --publish ${service}, which takes free ports`,
    );
  }
}
