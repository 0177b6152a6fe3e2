import type Dockerode from 'dockerode';
import type { ContainerSpec } from '../port.js';

/** Our description of a container in the engine's words. */
export function containerRequest(spec: ContainerSpec): Dockerode.ContainerCreateOptions {
  const { publish = [], mounts = [], network, healthCheck } = spec;
  const bindings = Object.groupBy(publish, ({ containerPort }) => `${containerPort}/tcp`);
  const ports = Object.entries(bindings).map(
    ([port, requests = []]) =>
      [
        port,
        requests.map(({ hostAddress, hostPort }) => ({ HostIp: hostAddress, HostPort: String(hostPort) })),
      ] as const,
  );
  return {
    Image: spec.image,
    Hostname: spec.hostname,
    Labels: { ...spec.labels },
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    // One empty word is the engine's sign for "no entrypoint"; an empty list would mean the image's.
    ...(spec.command && { Entrypoint: [''], Cmd: [...spec.command] }),
    ...(spec.stdin && { OpenStdin: true, StdinOnce: true }),
    ExposedPorts: Object.fromEntries(ports.map(([port]) => [port, {}])),
    ...(healthCheck && {
      Healthcheck: {
        Test: ['CMD', ...healthCheck.command],
        Interval: nanoseconds(healthCheck.intervalMs),
        Timeout: nanoseconds(healthCheck.timeoutMs),
        StartPeriod: nanoseconds(healthCheck.startPeriodMs),
        Retries: healthCheck.retries,
      },
    }),
    HostConfig: {
      CapAdd: [...(spec.capabilities ?? [])],
      SecurityOpt: [...(spec.securityOptions ?? [])],
      PortBindings: Object.fromEntries(ports),
      Mounts: mounts.map(({ volume, path, readOnly }) => ({
        Type: 'volume',
        Source: volume,
        Target: path,
        ReadOnly: readOnly,
      })),
      RestartPolicy: { Name: spec.restart ?? 'no' },
      ...(network && { NetworkMode: network.name }),
    },
    ...(network && {
      NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: network.address } } } },
    }),
  };
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1_000_000);
}
