import { ConflictError, DiskFullError, FailedError, InterruptedError, PartlyDoneError } from '../errors/index.js';
import { Flow } from '../events/index.js';
import { CriuError, OWN_PROGRAMS } from '../node/index.js';
import {
  changeFile,
  checkSandboxName,
  type FlowContext,
  LABELS,
  MEMORY_FOLDER,
  type SandboxRecord,
} from '../sandbox/index.js';
import { claimName } from './claim.js';
import { keepCriuLog } from './criu-log.js';
import { type Held, type HeldNode, type Hold, type OpenHold, openHold } from './hold.js';
import type { Snapshot } from './inventory.js';
import { type Kept, keepSnapshot, type Look, recordOf, removeHelpers } from './keep.js';
import { nodeReference } from './labels.js';
import { outsideOf, whatIsMissing } from './outside.js';
import { removeImages, removeMemory, removeWork } from './remove.js';
import { imageLabels, newRun, type Run, type SnapshotRequest } from './run.js';
import { allOrStop } from './together.js';

export type { SnapshotRequest } from './run.js';

export interface TakenSnapshot extends Snapshot {
  /** Milliseconds of each phase, in all, and how long the sandbox stood. */
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * All nodes of a sandbox at one moment. When anything fails, and on Ctrl-C, every node goes on as if nothing had been,
 * and nothing half-made stays.
 * @throws ConflictError when the name is taken or a node does not run, FailedError, DiskFullError, InterruptedError;
 *   PartlyDoneError when something is left after all
 */
export async function takeSnapshot(
  context: FlowContext,
  record: SandboxRecord,
  request: SnapshotRequest,
): Promise<TakenSnapshot> {
  checkSandboxName(request.name);
  mustRun(record);
  return new Taking(newRun(context, record, request)).run();
}

function mustRun({ sandbox, containers }: SandboxRecord): void {
  if (sandbox.state === 'creating' || sandbox.state === 'error') {
    throw new ConflictError(`${sandbox.name} is not finished yet`, `see bdsandbox status ${sandbox.name}`);
  }
  const idle = sandbox.nodes.find((_, index) => containers[index]?.summary.state !== 'running');
  if (!idle && Number(containers[0]?.summary.labels[LABELS.nodeCount]) === containers.length) return;
  throw new ConflictError(
    idle ? `node ${idle.name} of ${sandbox.name} is ${idle.state}` : `a node of ${sandbox.name} is gone`,
    `a snapshot takes all nodes at once; for what is there: bdsandbox collect ${sandbox.name}`,
  );
}

class Taking {
  readonly #run: Run;
  /** To be ended, however it goes. */
  #hold: Hold | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  async run(): Promise<TakenSnapshot> {
    const { request, record, context } = this.#run;
    const flow = new Flow(
      `Snapshot ${request.name} of ${record.sandbox.name}`,
      [
        { id: 'look', title: 'Evidence before' },
        { id: 'freeze', title: 'Freeze' },
        { id: 'keep', title: 'Evidence and manifest' },
      ],
      context.report,
    );
    let kept: Kept;
    let held: Held;
    try {
      const { claim, hold, look } = await flow.step('look', () => this.#look());
      const stood = await flow.step('freeze', (step) => this.#freeze(hold, look, step.progress));
      held = stood.held;
      context.signal?.throwIfAborted();
      kept = await flow.step('keep', () => keepSnapshot(this.#run, claim, stood.look, stood.held));
    } catch (error) {
      await this.#undo(error);
      throw this.#interrupted() ?? error;
    }
    await Promise.all([this.#hold?.end(), this.#tidy(kept), this.#recordInSandbox(kept.manifest)]);
    const provenance = { origin: 'here', trusted: !this.#run.confined } as const;
    return { ...kept.manifest, ...provenance, timings: { ...flow.timings(), frozenMs: held.frozenMs } };
  }

  /** All at once: none needs another, none disturbs another, and every moment counts against the tester. */
  async #look(): Promise<{ claim: string; hold: Hold; look: Look }> {
    const { context, request, home, first, workLabels } = this.#run;
    const enough = new AbortController();
    const signal = context.signal ? AbortSignal.any([context.signal, enough.signal]) : enough.signal;
    signal.throwIfAborted();
    const [claim, { hold, ...opened }, record, beside] = await allOrStop(
      [
        claimName(home, { name: request.name, image: first.image, labels: workLabels }),
        this.#open(request.mode, signal),
        recordOf(this.#run),
        outsideOf(this.#run),
      ],
      () => enough.abort(),
    );
    const outside = opened.mode === 'live' ? beside : [];
    if (outside.length > 0) context.report({ type: 'notice', level: 'warning', message: whatIsMissing(outside) });
    return { claim, hold, look: { ...opened, ...record, outside } };
  }

  /** Live as foreseen; where CRIU fails after all, cold unless live was asked for. */
  async #freeze(hold: Hold, look: Look, onPhase: (phase: string) => void): Promise<{ held: Held; look: Look }> {
    const { request, context, engines, id } = this.#run;
    const { report, signal } = context;
    try {
      return { held: await hold.take(onPhase, (node) => this.#commit(node, look)), look };
    } catch (error) {
      if (!(error instanceof CriuError)) throw error;
      signal?.throwIfAborted();
      const details = await keepCriuLog(error, request.name);
      if (request.mode !== 'auto') {
        const what = `no live snapshot: ${error.message}`;
        throw new FailedError(what, 'take it without memory: --mode cold', { cause: error, details });
      }
      const message = `taking it cold, without memory: ${[error.message, ...details].join('; ')}`;
      report({ type: 'notice', level: 'warning', message });
      // All nodes are free before they are held again; what was committed is of another moment.
      await hold.end();
      await removeImages(engines, id);
      const { hold: again, ...opened } = await this.#open('cold', signal);
      const cold = { ...look, ...opened, reason: error.message, outside: [] };
      return { held: await again.take(onPhase, (node) => this.#commit(node, cold)), look: cold };
    }
  }

  async #open(mode: SnapshotRequest['mode'], signal: AbortSignal | undefined): Promise<OpenHold> {
    const { context, engines, nodes, id, confined, request } = this.#run;
    const wanted = { engines, nodes, id, confined, withEvidence: request.golden === undefined, signal };
    const opened = await openHold(wanted, mode, context.report);
    this.#hold = opened.hold;
    return opened;
  }

  async #commit({ name, host, container }: HeldNode, { mode }: Look): Promise<void> {
    const { id, engines } = this.#run;
    const image = { reference: nodeReference(id, name), labels: imageLabels(this.#run, mode, 'node'), pause: false };
    try {
      await engines.on(host).containers.commit(container, image);
    } catch (cause) {
      if (!(cause instanceof DiskFullError)) throw cause;
      // In the words of a dump that finds no space: which of the two is first is chance.
      throw new DiskFullError(`${name}: the engine's disk is full`, cause.hint, { cause });
    }
  }

  /** The snapshot is complete: what cannot be removed now is in nobody's way, and `prune` takes it. */
  async #tidy({ left, manifest }: Kept): Promise<void> {
    const { id, engines, context } = this.#run;
    const remaining = await removeHelpers(this.#run, left);
    // Without evidence something went wrong, and there may be helpers nobody has heard of.
    if (remaining.length === 0 && (manifest.evidence || manifest.golden !== '')) return;
    await removeWork(engines, id).catch((error: Error) =>
      context.report({ type: 'notice', level: 'warning', message: `${error.message}; later: bdsandbox prune` }),
    );
  }

  /** The snapshot is complete whether or not the sandbox can be told. */
  async #recordInSandbox(manifest: Kept['manifest']): Promise<void> {
    const { record, engines, first } = this.#run;
    if (manifest.golden !== '') return;
    const change = { what: 'snapshot taken', snapshot: manifest.name, id: manifest.id, mode: manifest.mode };
    await engines
      .on(first.host)
      .containers.writeFiles(first.container, [changeFile(change, record.sandbox, manifest.createdAt)])
      .catch(() => undefined);
  }

  /** @throws PartlyDoneError naming what is left, and why it came to that */
  async #undo(error: unknown): Promise<void> {
    const { engines, id, request } = this.#run;
    await this.#hold?.end();
    const problems: unknown[] = [];
    // The images last: as long as they are there, `prune` knows of the memory.
    for (const undo of [() => removeWork(engines, id), () => this.#forgetMemory(), () => removeImages(engines, id)]) {
      await undo().catch((problem: unknown) => problems.push(problem));
    }
    if (problems.length === 0) return;
    const said = [error, ...problems].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new PartlyDoneError(
      `snapshot ${request.name} was not taken, and something of it is left: ${said.slice(1).join('; ')}`,
      'run bdsandbox prune',
      { cause: error, details: [`it was not taken because: ${said[0]}`] },
    );
  }

  /** What nodes that went on already keep, memory or files; the others have removed theirs. */
  async #forgetMemory(): Promise<void> {
    const { engines, id, first, volume } = this.#run;
    const engine = engines.on(first.host);
    const { exitCode } = await engine.containers
      .exec(first.container, ['rm', '-rf', `${MEMORY_FOLDER}/${id}`], { environment: OWN_PROGRAMS })
      .catch(() => ({ exitCode: 1 }));
    // The node is gone, or cannot: through a container of its own.
    if (exitCode !== 0) await removeMemory(engines, engine, id, volume);
  }

  #interrupted(): InterruptedError | undefined {
    const { context, request, record } = this.#run;
    if (!context.signal?.aborted) return undefined;
    return new InterruptedError(
      `snapshot ${request.name} was interrupted; ${record.sandbox.name} goes on, nothing of the snapshot is left`,
      'take it again when you like',
    );
  }
}
