import { asSandboxError, PartlyDoneError } from '../../errors/index.js';
import { Flow, type Report, type Step } from '../../events/index.js';
import { findSandboxes, type SandboxRecord } from '../inventory.js';
import type { Sandbox } from '../model.js';
import type { FlowContext } from '../raise.js';
import { checkComplete } from '../select.js';

/** What became of sandboxes that were to be brought into a state. */
export interface Lifecycle {
  /** Names of those that this run brought there, and of those that were there. */
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** As they are now, in the order they were named. */
  readonly sandboxes: readonly Sandbox[];
}

/** One sandbox, in its step of the flow. */
export interface Turn {
  readonly record: SandboxRecord;
  readonly step: Step;
  /** Names its nodes so that those of several sandboxes can be told apart. */
  readonly report: Report;
}

export interface Turned {
  readonly changed: boolean;
  /** Where more is known than what the engine tells. */
  readonly sandbox?: (record: SandboxRecord) => Sandbox;
}

/**
 * All of them at once, each to its end, also when another fails.
 * @param verb in the words of the steps: "Stop"
 * @throws the failure when none came through, else PartlyDoneError; ConflictError before anything is touched
 */
export async function turnEach(
  context: FlowContext,
  verb: string,
  records: readonly SandboxRecord[],
  turn: (turn: Turn) => Promise<Turned>,
): Promise<Lifecycle> {
  for (const record of records) checkComplete(record);
  const steps = records.map(({ attempt, sandbox }) => ({ id: attempt, title: `${verb} ${sandbox.name}` }));
  const flow = new Flow(verb, steps, context.report);
  const outcomes = await Promise.allSettled(
    records.map((record) =>
      flow.step(record.attempt, (step) => turn({ record, step, report: reportOf(context, record, records.length) })),
    ),
  );
  context.signal?.throwIfAborted();
  const failed = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ name: nameOf(records[index]), error: asSandboxError(outcome.reason) }] : [],
  );
  const [first] = failed;
  if (first && failed.length === records.length) throw first.error;
  if (first) {
    throw new PartlyDoneError(
      `${verb.toLowerCase()}: not done for ${failed.map(({ name }) => name).join(', ')}: ${first.error.message}`,
      first.error.hint,
      { cause: first.error, details: failed.slice(1).map(({ name, error }) => `${name}: ${error.message}`) },
    );
  }
  const turned = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const names = (changed: boolean): string[] =>
    records.filter((_, index) => turned[index]?.changed === changed).map(nameOf);
  return { changed: names(true), unchanged: names(false), sandboxes: await asTheyAre(context, records, turned) };
}

async function asTheyAre(
  { engines }: FlowContext,
  records: readonly SandboxRecord[],
  turned: readonly Turned[],
): Promise<Sandbox[]> {
  if (records.length === 0) return [];
  const now = new Map((await findSandboxes(engines)).map((record) => [record.attempt, record]));
  return records.map((before, index) => {
    const record = now.get(before.attempt) ?? before;
    return turned[index]?.sandbox?.(record) ?? record.sandbox;
  });
}

function reportOf({ report }: FlowContext, record: SandboxRecord, count: number): Report {
  if (count === 1) return report;
  return (event) =>
    report(event.type === 'service' ? { ...event, node: `${record.sandbox.name}/${event.node}` } : event);
}

function nameOf(record: SandboxRecord | undefined): string {
  return record?.sandbox.name ?? '';
}
