import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError, SandboxError, TimedOutError } from '../errors/index.js';
import { Flow } from '../events/index.js';
import { type Condition, titleOf } from './condition.js';
import { findSandboxes, type SandboxRecord } from './inventory.js';
import type { FlowContext } from './raise.js';
import { servicesReach } from './service-wait.js';
import { forAll } from './settle.js';

/** Between two looks at the containers: the engine tells no change by itself. */
const PAUSE_MS = 500;

export interface Waited {
  /** Of the sandbox. */
  readonly name: string;
  /** What was waited for, as given. */
  readonly reached: readonly string[];
  /** Milliseconds until each was reached, and in all. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface WaitRequest {
  readonly conditions: readonly Condition[];
  readonly timeoutMs: number;
  /** Replaced in tests. */
  readonly pauseMs?: number;
}

/** What a wait for one condition works with. */
export interface Watch {
  readonly context: FlowContext;
  /** Aborted by the user, at the end of the time, and when another condition cannot be reached. */
  readonly signal: AbortSignal;
  /** When the time is over, as performance.now() tells it. */
  readonly endsAt: number;
  /** The sandbox as it is now. @throws FailedError when it is gone, or its create failed */
  readonly look: () => Promise<SandboxRecord>;
  readonly pause: () => Promise<void>;
  /** Why it is not reached yet: what a run that ends too late says. */
  readonly note: (why: string) => void;
}

/**
 * Until each condition has been reached once.
 * @throws TimedOutError; FailedError and ServiceFailedError as soon as one cannot be reached any more
 */
export async function waitForSandbox(
  context: FlowContext,
  record: SandboxRecord,
  { conditions, timeoutMs, pauseMs = PAUSE_MS }: WaitRequest,
): Promise<Waited> {
  const { name } = record.sandbox;
  const steps = conditions.map((each) => ({ id: each.text, title: titleOf(each) }));
  const flow = new Flow(`Wait for ${name}`, steps, context.report);
  const over = AbortSignal.timeout(timeoutMs);
  const hopeless = new AbortController();
  const signal = AbortSignal.any([over, hopeless.signal, ...(context.signal ? [context.signal] : [])]);
  const endsAt = performance.now() + timeoutMs;
  const find = async (): Promise<SandboxRecord | undefined> => {
    signal.throwIfAborted();
    return (await findSandboxes(context.engines, { attempt: record.attempt }))[0];
  };
  let failure: { readonly error: unknown } | undefined;

  await forAll(conditions, async (condition) => {
    let why = 'no answer';
    try {
      await flow.step(condition.text, async (step) => {
        const watch: Watch = {
          context,
          signal,
          endsAt,
          look: async () => stillPossible(name, await find()),
          // The timer, not only the signal, has to keep the process alive.
          pause: () => sleep(pauseMs, undefined, { signal }),
          note: (text) => {
            if (text !== why) step.progress(text);
            why = text;
          },
        };
        const reached = condition.kind === 'gone' ? gone(watch, find) : reach(watch, condition);
        await reached.catch((error: unknown) => {
          context.signal?.throwIfAborted();
          throw over.aborted && !(error instanceof SandboxError) ? tooLate(name, condition, timeoutMs, why) : error;
        });
      });
    } catch (error) {
      // The others are given up for it, so the first one tells.
      failure ??= { error };
      hopeless.abort(new FailedError('given up', 'see what the other one says'));
    }
  });
  if (failure) throw failure.error;
  return { name, reached: conditions.map(({ text }) => text), timings: flow.timings() };
}

async function gone({ pause, note }: Watch, find: () => Promise<SandboxRecord | undefined>): Promise<void> {
  for (let found = await find(); found !== undefined; found = await find()) {
    note(`is ${found.sandbox.state}`);
    await pause();
  }
}

async function reach(watch: Watch, condition: Condition): Promise<void> {
  if (condition.kind === 'ready' || condition.kind === 'service') return servicesReach(watch, condition);
  for (;;) {
    const { sandbox } = await watch.look();
    if (sandbox.state === condition.kind) return;
    const others = sandbox.nodes.filter(({ state }) => state !== condition.kind);
    watch.note(`is ${sandbox.state}${others.map((node) => `, ${node.name} ${node.state}`).join('')}`);
    await watch.pause();
  }
}

function stillPossible(name: string, record: SandboxRecord | undefined): SandboxRecord {
  if (!record) throw new FailedError(`${name} was destroyed`, 'see bdsandbox ls');
  if (record.sandbox.state === 'error') {
    throw new FailedError(`the create of ${name} ended without finishing`, 'remove what is left: bdsandbox prune');
  }
  return record;
}

function tooLate(name: string, condition: Condition, timeoutMs: number, why: string): TimedOutError {
  const limit = timeoutMs < 1000 ? `${timeoutMs} ms` : `${Math.round(timeoutMs / 1000)} s`;
  const [what, state] =
    condition.kind === 'service' ? [`${condition.service} of ${name}`, condition.state] : [name, condition.kind];
  return new TimedOutError(`${what} was not ${state} within ${limit}: ${why}`, 'give it longer with --timeout');
}
