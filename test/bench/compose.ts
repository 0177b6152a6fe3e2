import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/index.js';
import type { Plan } from '../../src/plan/index.js';
import { openCatalog, prepareCluster } from '../../src/wiring/index.js';

const SUBNET = '10.250.77';
const PROJECT = 'bdsbench';

/** As the program itself plans it, without options. */
export async function planOfTemplate(template: string, nodes: number): ReturnType<typeof prepareCluster> {
  const { values } = await loadConfig({ cwd: '/', env: {}, home: '/nonexistent' });
  return prepareCluster(
    await openCatalog(values),
    { template, nodes, releases: [], settings: [], restart: 'no' },
    { downloads: '/nonexistent', mavenRepository: undefined, onProgress: () => undefined },
  );
}

/**
 * The same cluster as a person would write it for docker compose: same image, same config files (mounted), same ports,
 * same capabilities, and a health check that asks the same readiness scripts.
 * @returns milliseconds until every container is healthy
 */
export async function composeColdStart(plan: Plan, image: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bdsandbox-compose-'));
  try {
    await writeFile(path.join(folder, 'docker-compose.yml'), stringify(await composeFile(plan, image, folder)));
    const compose = (...args: string[]) => execa('docker-compose', ['-p', PROJECT, ...args], { cwd: folder });
    try {
      const started = performance.now();
      await compose('up', '-d');
      await allHealthy(plan.nodes.length);
      return performance.now() - started;
    } finally {
      await compose('down', '-v', '-t', '0');
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function composeFile(plan: Plan, image: string, folder: string): Promise<object> {
  const addressOf = (index: number): string => `${SUBNET}.${index + 1}`;
  const peers = plan.nodes.map(({ name, address, index }) => `${name}=${address}=${addressOf(index)}`).join(' ');
  const services: Record<string, object> = {};
  for (const node of plan.nodes) {
    const mounts = new Set<string>();
    for (const file of node.files) {
      const target = path.join(folder, node.name, file.path);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, file.content, { mode: file.mode });
      mounts.add(`/${file.path.split('/').slice(1, 3).join('/')}`);
    }
    services[node.name] = {
      image,
      hostname: node.name,
      environment: { BDSANDBOX_NODE: node.name, BDSANDBOX_PEERS: peers },
      cap_add: ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME', 'SETPCAP', 'SYS_CHROOT'],
      security_opt: ['seccomp:unconfined'],
      networks: { bench: { ipv4_address: addressOf(node.index) } },
      ports: node.services.flatMap(({ ports }) =>
        ports.filter(({ publish }) => publish).map(({ port }) => `127.0.0.1::${port}`),
      ),
      volumes: [...mounts].map((mount) => `./${node.name}${mount}:${mount}`),
      healthcheck: {
        test: ['CMD-SHELL', `/usr/lib/bdsandbox/node services | jq -e 'all(.state == "ready")'`],
        interval: '1s',
        timeout: '30s',
        retries: 600,
      },
    };
  }
  const ipam = { config: [{ subnet: `${SUBNET}.0/27` }] };
  return { version: '3.7', networks: { bench: { ipam } }, services };
}

async function allHealthy(nodes: number): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (performance.now() < deadline) {
    const filters = ['--filter', `label=com.docker.compose.project=${PROJECT}`, '--filter', 'health=healthy'];
    const { stdout } = await execa('docker', ['ps', '-q', ...filters]);
    if (stdout.split('\n').filter((line) => line !== '').length === nodes) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the compose cluster did not become healthy within 300 s');
}
