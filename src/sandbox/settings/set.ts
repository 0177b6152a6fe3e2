import {
  asSandboxError,
  FailedError,
  InterruptedError,
  PartlyDoneError,
  type SandboxError,
  ServiceFailedError,
  TimedOutError,
} from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import type { ChangedSettings, SettingsChange } from '../../plan/index.js';
import { PLAN_FILE, recordChange } from '../change.js';
import { firstNode } from '../extend.js';
import type { SandboxRecord } from '../inventory.js';
import { nodeName } from '../planned.js';
import type { FlowContext } from '../raise.js';
import { checkComplete } from '../select.js';
import { changeServices, listServices, type ServiceOnNode, type ServicePlace } from '../services/index.js';
import { changesOf, checkNotPaused, editsOf, type NodeEdit, putBack, type ValueChange, writeEdits } from './files.js';

export interface SetRequest {
  readonly change: SettingsChange;
  /** What the change does to the plan that the nodes have. */
  readonly resolve: (plan: string) => Promise<ChangedSettings>;
  /** Services that read a changed file. */
  readonly restart: boolean;
  /** Until they are ready. */
  readonly wait: boolean;
  /** The plan's own time when absent. */
  readonly timeoutMs?: number | undefined;
  /** Keep the new values also when a service does not come up with them. */
  readonly keep: boolean;
}

export interface SetValues {
  readonly sandbox: string;
  /** Values that are others now; empty where all was so already. */
  readonly changes: readonly ValueChange[];
  /** NODE/SERVICE that were restarted, and that still run with the old values. */
  readonly restarted: readonly string[];
  readonly pending: readonly string[];
  /** The restarted ones as they are now. */
  readonly services: readonly ServiceOnNode[];
}

/**
 * Changes config values on all nodes, and restarts exactly the running services that read them. Everything is read and
 * checked before anything is written. If a node cannot be written, or a service does not come up, the old values are put
 * back, and so they are on Ctrl-C.
 * @throws UsageError, ConflictError, FailedError before anything is touched; ServiceFailedError, TimedOutError;
 *   PartlyDoneError when the old values did not come back
 */
export async function setValues(context: FlowContext, record: SandboxRecord, request: SetRequest): Promise<SetValues> {
  checkComplete(record);
  const { engines, signal } = context;
  const { name } = record.sandbox;
  const first = firstNode(record);
  const plan = await engines.on(first.host).containers.readFile(first.summary.id, PLAN_FILE);
  if (!plan) {
    throw new FailedError(`${name} has no plan`, `edit the files in its nodes: bdsandbox shell ${name}`);
  }
  const changed = await request.resolve(plan.toString());
  for (const message of changed.warnings) context.report({ type: 'notice', level: 'warning', message });
  const edits = await editsOf(engines, record, changed);
  if (request.restart) checkNotPaused(record, edits);
  const places = await runningReaders(context, record, edits);
  signal?.throwIfAborted();
  const changes = changesOf(edits);
  const keys = places.map(({ node, service }) => `${node}/${service}`);
  const done = { sandbox: name, changes };
  if (edits.every(({ after }) => after.length === 0)) return { ...done, restarted: [], pending: [], services: [] };

  if (request.restart && places.length > 0)
    context.report({ type: 'notice', level: 'info', message: toRestart(places) });
  const flow = new Flow(`Set values of ${name}`, [{ id: 'files', title: 'Config files' }], context.report);
  await flow.step('files', () => writeEdits(engines, edits));
  await recordChange(context, record, { what: 'settings changed', ...request.change });
  if (!request.restart || places.length === 0) return { ...done, restarted: [], pending: keys, services: [] };
  try {
    const { services } = await restart(context, record, places, request);
    return { ...done, restarted: keys, pending: [], services };
  } catch (error) {
    if (request.keep && !signal?.aborted)
      throw worded(error, 'the new values stay', `take them back: bdsandbox set ${name} ${changed.back}`);
    throw await takenBack({ ...context, signal: undefined }, record, {
      edits,
      places,
      request,
      error,
      interrupted: signal?.aborted === true,
    });
  }
}

/** Of nodes that run; those that were stopped on request stay so, and read the files when they start. */
async function runningReaders(
  { engines }: FlowContext,
  record: SandboxRecord,
  edits: readonly NodeEdit[],
): Promise<ServicePlace[]> {
  const places = edits.flatMap(({ container, readers }) =>
    container.summary.state !== 'running'
      ? []
      : container.services
          .filter((service) => readers.includes(service.name))
          .map((service) => ({ container, node: nodeName(container), service: service.name })),
  );
  const states = await listServices(engines, { record, places });
  return places.filter(({ node, service }) =>
    states.some((each) => each.node === node && each.name === service && each.state !== 'stopped'),
  );
}

/** Said beforehand: it takes as long as their first start. */
function toRestart(places: readonly ServicePlace[]): string {
  const nodes = new Set(places.map(({ node }) => node));
  const named = [...Map.groupBy(places, ({ service }) => service)].map(([service, on]) =>
    on.length === 1 ? service : `${service} (${on.length} nodes)`,
  );
  const count = `${places.length} ${places.length === 1 ? 'service' : 'services'}`;
  return `restarts ${count} on ${nodes.size} ${nodes.size === 1 ? 'node' : 'nodes'}: ${named.join(', ')}`;
}

function restart(
  context: FlowContext,
  record: SandboxRecord,
  places: readonly ServicePlace[],
  { wait, timeoutMs }: Pick<SetRequest, 'wait' | 'timeoutMs'>,
): Promise<{ services: readonly ServiceOnNode[] }> {
  return changeServices(context, { record, places }, { action: 'restart', wait, timeoutMs });
}

/** @returns what to say, once the old values are back */
async function takenBack(
  context: FlowContext,
  record: SandboxRecord,
  failed: {
    readonly edits: readonly NodeEdit[];
    readonly places: readonly ServicePlace[];
    readonly request: SetRequest;
    readonly error: unknown;
    readonly interrupted: boolean;
  },
): Promise<SandboxError> {
  const { edits, places, request, error, interrupted } = failed;
  const { name } = record.sandbox;
  const why = asSandboxError(error).message;
  context.report({
    type: 'notice',
    level: 'warning',
    message: `${interrupted ? 'interrupted' : why}: putting the old values back`,
  });
  try {
    await putBack(context.engines, edits);
    await recordChange(context, record, { what: 'settings put back', ...request.change });
    await restart(context, record, places, { wait: true });
  } catch (problem) {
    return new PartlyDoneError(
      `${interrupted ? 'interrupted' : why}; with the old values: ${asSandboxError(problem).message}`,
      `look at it: bdsandbox status ${name}`,
      { cause: error, details: asSandboxError(error).details },
    );
  }
  if (interrupted) {
    return new InterruptedError(
      `the change of ${name} was interrupted; the old values are back`,
      'run it again when you like',
    );
  }
  return worded(error, 'the old values are back', 'to keep the new ones and look inside: --keep');
}

/** The same error, with what became of the values. */
function worded(error: unknown, state: string, advice: string): SandboxError {
  const { message, details, hint } = asSandboxError(error);
  const options = { cause: error, details };
  const words = [`${message}; ${state}`, `${hint}; ${advice}`, options] as const;
  if (error instanceof TimedOutError) return new TimedOutError(...words);
  if (error instanceof ServiceFailedError) return new ServiceFailedError(...words);
  return new FailedError(...words);
}
