import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Host } from './hosts.js';

/** Makes a command line that sees another /etc/hosts than the rest of the machine. */
export type Wrap = (command: readonly string[]) => string[];

const TRIAL_MS = 3000;
/** Each program takes the place of the one before: the command has the PID, and the signals, of the first. */
const MOUNTED = ['/bin/sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"'];

/**
 * How a command gets an /etc/hosts of its own, which all programs ask, whatever they are written in, and other names are
 * found as ever: a mount that only this command sees. A user who may not mount may do so as the root of a user namespace;
 * a second one gives the command its user back.
 * @param file the /etc/hosts
 * @param expected a name of it, tried: systemd-resolved or nscd may answer instead of the file
 * @returns undefined where that is not possible
 */
export async function privateHosts(file: string, expected: Host): Promise<Wrap | undefined> {
  if (process.platform !== 'linux') return undefined;
  const [user, group] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const asRoot: Wrap = (command) => ['unshare', '--mount', '--', ...MOUNTED, file, ...command];
  const asUser: Wrap = (command) => [
    ...['unshare', '--user', '--map-root-user', '--mount', '--', ...MOUNTED, file],
    ...['unshare', '--user', `--map-user=${user}`, `--map-group=${group}`, '--', ...command],
  ];
  for (const wrap of user === 0 ? [asRoot, asUser] : [asUser]) if (await works(wrap, expected)) return wrap;
  return undefined;
}

async function works(wrap: Wrap, { name, address }: Host): Promise<boolean> {
  const [program = '', ...words] = wrap(['getent', 'ahostsv4', name]);
  try {
    const { stdout } = await promisify(execFile)(program, words, { timeout: TRIAL_MS });
    const found = stdout.split('\n').flatMap((line) => line.split(/\s+/)[0] || []);
    return found.length > 0 && found.every((each) => each === address);
  } catch {
    return false;
  }
}
