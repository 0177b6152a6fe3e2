import type { Containers, Engine, Engines, ExecOptions, ExecResult } from '../engine/index.js';
import { ConflictError, didYouMean, NotFoundError, UsageError } from '../errors/index.js';
import { BARE, entering, execOnLine, type LineOptions, type Rights } from '../node/index.js';
import { nodeOf, type SandboxRecord } from './inventory.js';
import { nodeName } from './planned.js';

/** SANDBOX or SANDBOX/NODE, as given; the owner's only sandbox, and its first node, when absent. @throws UsageError */
export function nodePlace(text = ''): { readonly sandbox: string | undefined; readonly node: string | undefined } {
  const [sandbox, node, ...more] = text.split('/');
  if (more.length > 0 || node === '') {
    throw new UsageError(`'${text}' is not SANDBOX or SANDBOX/NODE`, 'a command runs in a node: see bdsandbox status');
  }
  return { sandbox: sandbox || undefined, node };
}

/**
 * Runs a command in a node as a user's command runs: the components' environment, and without capabilities unless
 * `rights` says so. It is ended when the signal is aborted, or this program ends, before it does.
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
    readonly options: LineOptions;
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
  return execOnLine({ engine, container: summary.id, enter: entering(rights) }, request.command, request.options);
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

/** With all capabilities it reads no profile that a service may have written. */
function shellOf({ privileged = false }: Rights): string[] {
  return privileged ? ['bash', '--noprofile', '--norc'] : ['bash', '-l'];
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
  options: LineOptions,
  rights: Rights = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const where = `${record.sandbox.name}/${nodeName(nodeOf(record, node))}`;
  const environment = {
    ...options.environment,
    ...(options.tty ? { PROMPT_COMMAND: `PS1='[${where} \\W]\\$ '; unset PROMPT_COMMAND` } : {}),
  };
  return execInNode(engines, record, { node, command: shellOf(rights), rights, options: { ...options, environment } });
}
