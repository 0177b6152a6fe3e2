import type { Containers, Engine, Engines, ExecOptions, ExecResult } from '../engine/index.js';
import { ConflictError, didYouMean, NotFoundError } from '../errors/index.js';
import { BARE, entering, type Rights } from '../node/index.js';
import { nodeOf, type SandboxRecord } from './inventory.js';
import { nodeName } from './planned.js';

/**
 * Runs a command in a node as a user's command runs: the components' environment, and without capabilities unless
 * `rights` says so.
 * @param node the first node when absent
 * @returns the command's exit code
 * @throws ConflictError when the node does not run, NotFoundError for a user that it does not have
 */
export async function execInNode(
  engines: Engines,
  record: SandboxRecord,
  request: {
    readonly node?: string | undefined;
    readonly command: readonly string[];
    readonly rights?: Rights;
    readonly options: ExecOptions;
  },
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const container = nodeOf(record, request.node);
  const { host, summary } = container;
  if (summary.state !== 'running') {
    throw new ConflictError(
      `node ${nodeName(container)} of ${record.sandbox.name} is ${summary.state}`,
      `bdsandbox ${summary.state === 'paused' ? 'resume' : 'start'} ${record.sandbox.name}`,
    );
  }
  const { rights = {} } = request;
  const engine = engines.on(host);
  if (rights.user !== undefined) await findUser(engine, summary.id, rights.user, record.sandbox.name);
  return engine.containers.exec(summary.id, [...entering(rights), ...request.command], request.options);
}

/** A program of the node's image, as a service runs: services may have written it, or what it loads. */
export function execBare(
  containers: Containers,
  container: string,
  command: readonly string[],
  options?: ExecOptions,
): Promise<ExecResult> {
  return containers.exec(container, [...BARE, ...command], options);
}

/** A number needs no entry. @throws NotFoundError */
async function findUser(engine: Engine, container: string, user: string, sandbox: string): Promise<void> {
  if (/^\d{1,9}$/.test(user)) return;
  const file = await engine.containers.readFile(container, '/etc/passwd');
  const names = (file?.toString() ?? '')
    .split('\n')
    .flatMap((line) => line.split(':', 1).filter((name) => name !== ''));
  if (names.includes(user)) return;
  throw new NotFoundError(
    `this node has no user '${user}'${didYouMean(user, names)}`,
    `make one: bdsandbox exec ${sandbox} --privileged -- useradd --create-home ${user}`,
  );
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
  rights: Rights = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const where = `${record.sandbox.name}/${nodeName(nodeOf(record, node))}`;
  const environment = {
    ...options.environment,
    ...(options.tty ? { PROMPT_COMMAND: `PS1='[${where} \\W]\\$ '; unset PROMPT_COMMAND` } : {}),
  };
  return execInNode(engines, record, { node, command: [], rights, options: { ...options, environment } });
}
