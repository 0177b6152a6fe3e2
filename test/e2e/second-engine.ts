import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { docker } from './cli.js';

/** Another machine as far as the program can tell: an engine of another version, in a container of its own. */
export interface SecondEngine {
  /** For BDSANDBOX_ENGINE. */
  readonly endpoint: string;
  readonly container: string;
  /** Runs Docker's own client there. */
  docker(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const IMAGE = 'bdsandbox-e2e/engine';
/** Made by the first `images build`; an own layer on top of it takes a quarter of a minute, once a machine. */
const ROOT = 'bdsandbox/root:trixie';

/** What lets an engine run in a container here; not --privileged, which has SYS_RESOURCE, and that may be missing. */
const RIGHTS = [
  ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--device-cgroup-rule', 'a *:* rwm'],
  ...['seccomp', 'apparmor', 'systempaths'].flatMap((what) => ['--security-opt', `${what}=unconfined`]),
  ...['--cgroupns=host', '-v', '/sys/fs/cgroup:/sys/fs/cgroup', '--tmpfs', '/run'],
];

/** @param network of the host's engine; registries in it are reached without TLS */
export async function startSecondEngine(name: string, network: string): Promise<SecondEngine> {
  await buildImage();
  await docker('volume', 'create', name);
  const container = await docker(
    ...['run', '-d', '--name', name, '--hostname', name, '--network', network, '-p', '127.0.0.1::2375', ...RIGHTS],
    ...['-v', `${name}:/var/lib/docker`, '--entrypoint', 'bash', IMAGE, '-c'],
    `mount -o remount,rw /proc/sys
     exec dockerd --cgroup-parent /${name} --host tcp://0.0.0.0:2375 --tls=false --insecure-registry 0.0.0.0/0`,
  );
  const endpoint = `tcp://${await docker('port', name, '2375/tcp')}`;
  const ask = async (...args: readonly string[]): Promise<string> =>
    (await execa('docker', ['-H', endpoint, ...args])).stdout;
  const stop = async (): Promise<void> => {
    await docker('rm', '-f', '-v', container);
    await docker('volume', 'rm', name);
  };
  for (let tries = 0; tries < 100; tries += 1) {
    const { exitCode } = await execa('docker', ['-H', endpoint, 'info'], { reject: false });
    if (exitCode === 0) return { endpoint, container, docker: ask, stop };
    await sleep(200);
  }
  const { all } = await execa('docker', ['logs', '--tail', '20', container], { all: true, reject: false });
  await stop();
  throw new Error(`the second engine does not answer:\n${all}`);
}

async function buildImage(): Promise<void> {
  const { exitCode } = await execa('docker', ['image', 'inspect', IMAGE], { reject: false });
  if (exitCode === 0) return;
  const file = `FROM ${ROOT}
RUN apt-get update -qq && apt-get install -y --no-install-recommends docker.io docker-cli iptables && rm -rf /var/lib/apt/lists/*
RUN update-alternatives --set iptables /usr/sbin/iptables-legacy
`;
  const args = ['--build-arg', 'http_proxy', '--build-arg', 'https_proxy', '-t', IMAGE, '-'];
  await execa('docker', ['build', ...args], { input: file, env: { DOCKER_BUILDKIT: '0' } });
}
