import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/index.js';
import { type NodePlatform, nodePlatform } from '../node/index.js';
import { workLabels } from '../snapshot/index.js';

/** Those of a node (src/sandbox/nodes.ts): what it could do, not what any container can. */
const CAPABILITIES = ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME', 'SETPCAP', 'SYS_CHROOT'];

/** Tries it out in a container of our newest cluster image, which is gone afterwards; undefined without an image. */
export async function tryPlatform(engine: Engine): Promise<NodePlatform | undefined> {
  const images = await engine.images.list({ 'bdsandbox.image': 'cluster' });
  const [newest] = images
    .filter(({ references }) => references.length > 0)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  if (!newest) return undefined;
  const { securityOptions } = await engine.info();
  const container = await engine.containers.create({
    name: `bds-doctor.${process.pid}`,
    image: newest.id,
    hostname: 'doctor',
    labels: workLabels(randomUUID()),
    environment: {},
    command: ['sleep', 'infinity'],
    capabilities: CAPABILITIES,
    securityOptions: [
      'seccomp=unconfined',
      ...(securityOptions.includes('apparmor') ? ['apparmor=unconfined'] : []),
      ...(securityOptions.includes('selinux') ? ['label=disable'] : []),
    ],
  });
  try {
    await engine.containers.start(container);
    const platform = await nodePlatform(engine, container);
    // A node has a volume to look at; here it is the file system of the container, on the same disk.
    const { stdout } = await engine.containers.exec(container, ['df', '--output=avail', '-B', '1', '/']);
    return { ...platform, diskFreeBytes: Number(/\d+/.exec(stdout)?.[0] ?? platform.diskFreeBytes) };
  } finally {
    await engine.containers.remove(container);
  }
}
