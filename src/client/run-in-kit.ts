import path from 'node:path';
import type { Engines } from '../engine/index.js';
import { FailedError } from '../errors/index.js';
import type { Report } from '../events/index.js';
import type { SandboxRecord } from '../sandbox/index.js';
import type { ClientLevel } from './log-level.js';
import { privateHosts, type Wrap } from './private-hosts.js';
import { type RunRequest, type RunResult, runProgram } from './run.js';
import { type Kit, SYSTEM_HOSTS } from './types.js';
import { changed, enterKit } from './variables.js';
import { openKit, throughEngine, type Way } from './way.js';

export interface KitRun extends Omit<RunRequest, 'wrap'> {
  /** Where kits are kept. */
  readonly root: string;
  readonly way: Way;
  /** How the program finds the nodes: by an /etc/hosts of its own, by an option of JVMs, or by what is possible. */
  readonly names: 'auto' | 'hosts' | 'jvm';
  /** Of JVMs that log by the sandbox's config; as in the node when absent. */
  readonly logLevel?: ClientLevel | undefined;
  readonly report: Report;
  /** Awaited just before the program starts. */
  readonly onReady?: () => Promise<void>;
}

/**
 * Runs a program of this machine that has a sandbox's client config and its nodes' names.
 * @throws as openKit and runProgram; FailedError when `hosts` is asked for and not possible
 */
export async function runInKit(engines: Engines, record: SandboxRecord, request: KitRun): Promise<RunResult> {
  const { root, way, names, logLevel, report, environment } = request;
  const warn = (message: string): void => report({ type: 'notice', level: 'warning', message });
  const { kit, isTunnel, close } = await openKit(engines, record, { root, way, logLevel });
  try {
    if (isTunnel && way === 'auto') warn(throughEngine(record));
    for (const message of kit.problems) warn(message);
    const wrap = names === 'jvm' ? undefined : await privateNames(kit, names === 'hosts', warn);
    await request.onReady?.();
    const changes = enterKit(kit, environment, { names: wrap ? 'hosts' : 'jvm', allJvms: !wrap });
    return await runProgram({
      ...request,
      environment: changed(environment, changes),
      wrap: wrap ?? ((words) => words),
    });
  } finally {
    close();
  }
}

async function privateNames(kit: Kit, isRequired: boolean, warn: (message: string) => void): Promise<Wrap | undefined> {
  const [first] = kit.hosts;
  const wrap = first && (await privateHosts(path.join(kit.folder, SYSTEM_HOSTS), first));
  if (wrap) return wrap;
  if (isRequired) {
    throw new FailedError(
      'this machine lets no program have an /etc/hosts of its own',
      'it needs Linux with user namespaces; --names jvm does without, for Java programs',
    );
  }
  warn('this machine lets no program have an /etc/hosts of its own: only JVMs know the nodes, and know no other names');
  return undefined;
}
