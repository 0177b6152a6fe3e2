import type { Engines, ExecOptions } from '../engine/index.js';
import { ConflictError } from '../errors/index.js';
import { ENTER } from '../node/index.js';
import { nodeOf, type SandboxRecord } from './inventory.js';
import { nodeName } from './planned.js';

/**
 * Runs a command in a node as a user's command runs: no capabilities, the components' environment.
 * @param node the first node when absent
 * @returns the command's exit code
 * @throws ConflictError when the node does not run
 */
export async function execInNode(
  engines: Engines,
  record: SandboxRecord,
  request: { readonly node?: string | undefined; readonly command: readonly string[]; readonly options: ExecOptions },
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const container = nodeOf(record, request.node);
  const { host, summary } = container;
  if (summary.state !== 'running') {
    throw new ConflictError(
      `node ${nodeName(container)} of ${record.sandbox.name} is ${summary.state}`,
      `bdsandbox ${summary.state === 'paused' ? 'resume' : 'start'} ${record.sandbox.name}`,
    );
  }
  return engines.on(host).containers.exec(summary.id, [ENTER, ...request.command], request.options);
}

/**
 * A login shell in a node; on a terminal its prompt tells where one is. Nothing in a node knows the sandbox's name, and
 * the profile sets a prompt of its own, so it is set after that, once: who wants another one can have it.
 * @throws ConflictError when the node does not run
 */
export function shellInNode(
  engines: Engines,
  record: SandboxRecord,
  node: string | undefined,
  options: ExecOptions,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const where = `${record.sandbox.name}/${nodeName(nodeOf(record, node))}`;
  const environment = {
    ...options.environment,
    ...(options.tty ? { PROMPT_COMMAND: `PS1='[${where} \\W]\\$ '; unset PROMPT_COMMAND` } : {}),
  };
  return execInNode(engines, record, { node, command: [], options: { ...options, environment } });
}
