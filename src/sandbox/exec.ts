import type { Engines, ExecOptions } from '../engine/index.js';
import { ConflictError } from '../errors/index.js';
import { ENTER } from '../node/index.js';
import { nodeOf, type SandboxRecord } from './inventory.js';
import { LABELS } from './labels.js';

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
  const { host, summary } = nodeOf(record, request.node);
  if (summary.state !== 'running') {
    throw new ConflictError(
      `node ${summary.labels[LABELS.node] ?? summary.name} of ${record.sandbox.name} is ${summary.state}`,
      `see bdsandbox status ${record.sandbox.name}`,
    );
  }
  return engines.on(host).containers.exec(summary.id, [ENTER, ...request.command], request.options);
}
