import { basename } from 'node:path';

/** Without capabilities they are refused most or all of their work. */
const OF_ROOT = new Set(
  [
    'apt apt-get aptitude dpkg',
    'su sudo runuser chroot passwd useradd adduser usermod userdel groupadd',
    'chown chgrp mknod mount umount sysctl',
    'ip iptables ip6tables iptables-restore nft tc tcpdump',
  ].flatMap((names) => names.split(' ')),
);

/** The program, when a command that failed may have failed for want of rights. It tells nobody why it did. */
export function programOfRoot(command: readonly string[], exitCode: number): string | undefined {
  const program = basename(command[0] ?? '');
  return exitCode !== 0 && OF_ROOT.has(program) ? program : undefined;
}
