/** Runs a command the way a user's command runs: no capabilities, no new privileges, the components' environment. */
const ENTER = '/usr/lib/bdsandbox/enter';
const ENTER_AS = '/usr/lib/bdsandbox/enter-as';
const ENTER_PRIVILEGED = '/usr/lib/bdsandbox/enter-privileged';

/** With which rights a command runs in a node; as a service does, when neither is said. */
export interface Rights {
  /** A name or a number: this user's own, without capabilities. */
  readonly user?: string | undefined;
  /** All capabilities of the container, and its software may be changed. */
  readonly privileged?: boolean | undefined;
}

/** Words before a command. */
export function entering({ user, privileged }: Rights): readonly string[] {
  if (privileged) return [ENTER_PRIVILEGED];
  return user === undefined ? [ENTER] : [ENTER_AS, user];
}

/** For programs that keep the capabilities: services write in /usr/local, which images have first. */
export const OWN_PROGRAMS = { PATH: '/usr/sbin:/usr/bin' } as const;

/**
 * Before a command that is not one of the node's scripts, which do it themselves: the engine gives every command the
 * container's capabilities, and services may have written what it runs or loads.
 */
export const BARE: readonly string[] = [
  '/usr/bin/setpriv',
  '--bounding-set',
  '-all',
  '--inh-caps',
  '-all',
  '--no-new-privs',
  '--',
];
