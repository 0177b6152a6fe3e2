import type { Engine } from '../engine/index.js';
import { Flow } from '../events/index.js';
import {
  collectNodeFiles,
  collectNodeViews,
  type NodeSource,
  type WrittenEvidence,
  writeEvidence,
} from '../evidence/index.js';
import {
  type FlowContext,
  forAll,
  inspectSandbox,
  PLAN_FILE,
  readRecord,
  type Sandbox,
  type SandboxRecord,
} from '../sandbox/index.js';
import { filesOfImage } from './evidence.js';
import { type HeldNode, nodesOf } from './hold.js';
import { type Manifest, parsePlan } from './manifest.js';
import { intoFile } from './new-file.js';

export interface CollectedEvidence extends WrittenEvidence {
  /** What could not be had, in lines for people; the bundle's problems.txt has more. */
  readonly problems: readonly string[];
}

/** A node whose agent does not answer must not hold up the evidence of why. */
const STATUS_LIMIT_MS = 15_000;

interface Source {
  readonly node: HeldNode;
  readonly engine: Engine;
  readonly state: string;
}

/**
 * The evidence of a sandbox as it is now, in whatever state: it is for those that do not work. Nothing in it stands still
 * meanwhile. Not left half written.
 * @throws DiskFullError, FailedError when the file cannot be written
 */
export async function collectEvidence(
  context: FlowContext,
  record: SandboxRecord,
  options: { readonly target: string; readonly redact: boolean },
): Promise<CollectedEvidence> {
  const { engines, signal } = context;
  const { sandbox } = record;
  const nodes = nodesOf(record).map((node, index): Source => {
    return { node, engine: engines.on(node.host), state: record.containers[index]?.summary.state ?? 'gone' };
  });
  const flow = new Flow(
    `Collect evidence of ${sandbox.name}`,
    [...nodes.map(({ node }) => ({ id: stepOf(node), title: node.name })), { id: 'write', title: 'Write' }],
    context.report,
  );
  const status = statusOf(context, record);
  const plan = await planOf(nodes);
  const sources = await forAll(nodes, (source) =>
    flow.step(stepOf(source.node), async (step) => {
      const collected = await collectNode(source, plan, signal);
      if (source.state !== 'running') step.result(`${source.state}: its files only`);
      return collected;
    }),
  );
  const present = new Set(sources.map(({ node }) => node));
  const missing = (plan?.nodes ?? [])
    .filter(({ name }) => !present.has(name))
    .map(({ name }) => ({ node: name, views: undefined, files: [], problems: ['its container is gone'] }));
  const all: NodeSource[] = [...sources, ...missing];
  const [first] = nodes;
  const record1 = first ? await readRecord(first.engine, first.node.container).catch(() => undefined) : undefined;
  const about = {
    kind: 'collected',
    collectedAt: new Date().toISOString(),
    sandbox: await status,
    ...versionsOf(plan),
  };
  signal?.throwIfAborted();
  const written = await flow.step('write', () =>
    intoFile(options.target, (temporary) =>
      writeEvidence(
        temporary,
        { name: record.sandbox.name, about, events: record1?.changes ?? [], nodes: all },
        { redact: options.redact, ...(signal ? { signal } : {}) },
      ),
    ),
  );
  const problems = all.flatMap(({ node, problems: said = [] }) => said.map((problem) => `${node}: ${problem}`));
  return { ...written, problems };
}

function stepOf({ name }: HeldNode): string {
  return `node ${name}`;
}

function versionsOf(plan: Manifest['plan'] | undefined): object {
  return plan ? { template: plan.template, components: plan.components, settings: plan.settings } : {};
}

async function collectNode(
  { node, engine, state }: Source,
  plan: Manifest['plan'] | undefined,
  signal: AbortSignal | undefined,
): Promise<NodeSource> {
  if (state !== 'running') return filesOnly([`it is ${state}: what only a running node can say is missing`]);
  const { views, problems } = await collectNodeViews(engine, node.container, signal);
  // It cannot run a command, so it will not give its files either.
  if (!views) return filesOnly(problems);
  return { node: node.name, views, problems, files: [collectNodeFiles(engine, node.container, signal)] };

  function filesOnly(said: readonly string[]): NodeSource {
    const bare = { node: node.name, views: undefined, files: [] };
    if (!plan) return { ...bare, problems: [...said, 'no node has a plan, so that nobody knows where its files are'] };
    return { ...bare, files: filesOfImage(engine, node.container, plan), problems: said };
  }
}

/** Every node has it; the first one that can be read will do. */
async function planOf(nodes: readonly Source[]): Promise<Manifest['plan'] | undefined> {
  for (const { node, engine } of nodes) {
    try {
      const text = await engine.containers.readFile(node.container, PLAN_FILE);
      if (text) return parsePlan(text.toString());
    } catch {
      // Half written, or the container is on its way out.
    }
  }
  return undefined;
}

/** With services where they answer in time. */
async function statusOf({ engines }: FlowContext, record: SandboxRecord): Promise<Sandbox> {
  const { promise: late, resolve } = Promise.withResolvers<Sandbox>();
  const timer = setTimeout(() => resolve(record.sandbox), STATUS_LIMIT_MS).unref();
  const asked = inspectSandbox(engines, record).catch(() => record.sandbox);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
