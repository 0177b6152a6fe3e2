import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ExecaError, execa } from 'execa';
import { EngineUnreachableError, FailedError, TimedOutError } from '../errors/index.js';
import type { Step } from '../events/index.js';

const START_TIMEOUT_MS = 60_000;
const ENGINE_LOG = '/var/log/bdsandbox-dockerd.log';

/** What this machine is, as far as installing an engine goes. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Debian or one of its kin. */
  readonly hasApt: boolean;
  readonly hasSystemd: boolean;
  readonly hasEngine: boolean;
}

export async function thisMachine(): Promise<Machine> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasApt: /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(osRelease) && existsSync('/usr/bin/apt-get'),
    hasSystemd: existsSync('/run/systemd/system'),
    hasEngine: ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].some((file) => existsSync(file)),
  };
}

/**
 * What a person has to do where we cannot install an engine ourselves; undefined where we can.
 * @param reason why no engine answers
 */
export function cannotInstall(machine: Machine, reason: EngineUnreachableError): EngineUnreachableError | undefined {
  const say = (hint: string): EngineUnreachableError =>
    new EngineUnreachableError(reason.message, hint, { cause: reason });
  if (machine.platform === 'darwin') return say('install and start Docker Desktop or colima, then run this again');
  if (machine.platform !== 'linux') return say('install and start Docker Engine 20.10 or later, then run this again');
  if (machine.hasEngine && !machine.isRoot) {
    return say('start it with: sudo systemctl start docker; and join its group: sudo usermod -aG docker $USER');
  }
  if (!machine.hasEngine && !machine.hasApt) {
    return say('install Docker Engine 20.10 or later with your package manager and start it, then run this again');
  }
  if (!machine.isRoot) return say('install an engine: sudo apt-get install docker.io, or run this as root');
  return undefined;
}

/** Installs what is missing by apt and starts the engine. Only where `cannotInstall` says undefined. */
export async function installEngine(machine: Machine, step: Step, signal: AbortSignal): Promise<void> {
  if (!machine.hasEngine) await installPackages(['docker.io', 'iptables', 'ca-certificates'], step, signal);
  step.progress('starting the engine');
  if (machine.hasSystemd) {
    await run('systemctl', ['enable', '--now', 'docker'], step, signal);
    return;
  }
  const log = openSync(ENGINE_LOG, 'a');
  // The engine outlives this command: a session of its own, so that no Ctrl-C of this terminal reaches it.
  const engine = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] });
  engine.unref();
  await new Promise<void>((resolve, reject) => {
    engine.once('spawn', resolve);
    engine.once('error', (cause) =>
      reject(new FailedError('dockerd could not be started', `look at ${ENGINE_LOG}`, { cause })),
    );
  });
}

/** Waits until the engine answers `ask`. @throws TimedOutError */
export async function waitForEngine<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (cause) {
      if (!(cause instanceof EngineUnreachableError)) throw cause;
      if (Date.now() > deadline) {
        throw new TimedOutError(
          `the engine did not answer within ${START_TIMEOUT_MS / 1000} s of its start`,
          `look at ${ENGINE_LOG} or at journalctl -u docker`,
          { cause },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Whether a program is on the PATH. */
export async function hasProgram(name: string): Promise<boolean> {
  const { exitCode } = await execa('sh', ['-c', 'command -v "$1"', 'sh', name], { reject: false });
  return exitCode === 0;
}

export async function installPackages(names: readonly string[], step: Step, signal: AbortSignal): Promise<void> {
  const apt = ['-o', 'DPkg::Lock::Timeout=120', '-qq'];
  step.progress('apt-get update');
  await run('apt-get', [...apt, 'update'], step, signal);
  step.progress(`apt-get install ${names.join(' ')}`);
  await run('apt-get', [...apt, 'install', '-y', '--no-install-recommends', ...names], step, signal);
}

async function run(command: string, args: readonly string[], step: Step, signal: AbortSignal): Promise<void> {
  try {
    const child = execa(command, args, {
      all: true,
      stdin: 'ignore',
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      // apt and dpkg must come to their end, or the next run finds a half-installed package.
      detached: command === 'apt-get',
    });
    for await (const line of child.iterable({ from: 'all' })) step.progress(line.trim());
    await child;
  } catch (cause) {
    const output =
      cause instanceof ExecaError
        ? String(cause.all ?? '')
            .trim()
            .split('\n')
        : [];
    throw new FailedError(`${command} ${args.at(-1)} failed`, 'mend what it says below, then run this again', {
      cause,
      details: output.slice(-10),
    });
  }
  signal.throwIfAborted();
}
