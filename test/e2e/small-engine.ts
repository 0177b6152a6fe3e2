import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

/** An engine of its own whose whole disk is a small memory file system; undefined where that cannot be. */
export async function smallEngine(
  root: string,
  megabytes: number,
): Promise<{ socket: string; stop: () => Promise<void> } | undefined> {
  await mkdir(root, { recursive: true });
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', root], { reject: false });
  if (mounted.exitCode !== 0) return undefined;
  const socket = path.join(root, 'engine.sock');
  const engine = execa(
    // In a network of its own: beside the real engine it would take that one's bridge away.
    'unshare',
    [
      ...[
        '--net',
        'dockerd',
        '--data-root',
        path.join(root, 'data'),
        '--exec-root',
        path.join(root, 'exec'),
        '--host',
        `unix://${socket}`,
      ],
      ...['--pidfile', path.join(root, 'pid'), '--bridge', 'none', '--iptables=false', '--ip-masq=false'],
    ],
    { stdio: 'ignore', reject: false, forceKillAfterDelay: 10_000 },
  );
  const stop = async (): Promise<void> => {
    engine.kill('SIGTERM');
    await engine;
    await execa('umount', ['-l', root], { reject: false });
  };
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await execa('docker', ['-H', `unix://${socket}`, 'info'], { reject: false });
    if (answer.exitCode === 0) return { socket, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  return undefined;
}
