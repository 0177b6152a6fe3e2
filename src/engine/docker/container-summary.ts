import type Dockerode from 'dockerode';
import type { ContainerState, ContainerSummary, PublishedPort } from '../port.js';

const STATES: Readonly<Record<string, ContainerState>> = {
  created: 'created',
  running: 'running',
  paused: 'paused',
  exited: 'stopped',
  // Between two runs: nothing can be executed in it.
  restarting: 'stopped',
  removing: 'dead',
  dead: 'dead',
};

/** A line of the engine's list. Health is not a field there, only words inside the status text. */
export function fromList(found: Dockerode.ContainerInfo): ContainerSummary {
  return {
    id: found.Id,
    name: (found.Names[0] ?? '').replace(/^\//, ''),
    image: found.Image,
    labels: found.Labels,
    state: STATES[found.State] ?? 'dead',
    health: healthIn(found.Status),
    createdAt: new Date(found.Created * 1000).toISOString(),
    ports: sorted(
      found.Ports.filter(({ PublicPort, Type }) => PublicPort && Type === 'tcp').map((port) => ({
        containerPort: port.PrivatePort,
        hostAddress: port.IP,
        hostPort: port.PublicPort,
      })),
    ),
    addresses: addressesOf(found.NetworkSettings.Networks),
  };
}

export function fromInspect(found: Dockerode.ContainerInspectInfo): ContainerSummary {
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    image: found.Config.Image,
    labels: found.Config.Labels,
    state: STATES[found.State.Status] ?? 'dead',
    health: healthOf(found.State),
    createdAt: new Date(found.Created).toISOString(),
    ports: sorted(Object.entries(found.NetworkSettings.Ports ?? {}).flatMap(publishedOf)),
    addresses: addressesOf(found.NetworkSettings.Networks),
  };
}

function healthIn(status: string): ContainerSummary['health'] {
  const found = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status);
  return asHealth(found?.[1]);
}

function healthOf(state: Dockerode.ContainerInspectInfo['State']): ContainerSummary['health'] {
  // The engine keeps the last word of a stopped container, but its list does not; the port says the same in both.
  return state.Running ? asHealth(state.Health?.Status) : 'none';
}

function asHealth(text: string | undefined): ContainerSummary['health'] {
  return text === 'starting' || text === 'healthy' || text === 'unhealthy' ? text : 'none';
}

/** A port that is only exposed has null here, whatever the client's types say. */
function publishedOf([port, bindings]: [string, { HostIp: string; HostPort: string }[] | null]): PublishedPort[] {
  if (!port.endsWith('/tcp')) return [];
  return (bindings ?? []).map(({ HostIp, HostPort }) => ({
    containerPort: Number.parseInt(port, 10),
    hostAddress: HostIp,
    hostPort: Number(HostPort),
  }));
}

function sorted(ports: PublishedPort[]): PublishedPort[] {
  return ports.sort((a, b) => a.containerPort - b.containerPort || a.hostAddress.localeCompare(b.hostAddress));
}

function addressesOf(networks: Readonly<Record<string, { IPAddress: string }>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(networks).flatMap(([name, { IPAddress }]) => (IPAddress ? [[name, IPAddress]] : [])),
  );
}
