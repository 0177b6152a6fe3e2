import type { Engines } from '../engine/index.js';
import { Flow, type Report } from '../events/index.js';
import { removeAttempt } from './attempt.js';
import type { SandboxRecord } from './inventory.js';
import { type SandboxSelection, selectSandboxes } from './select.js';
import { forAll } from './settle.js';

export interface DestroyRequest extends Omit<SandboxSelection, 'which' | 'command'> {
  readonly which: Exclude<SandboxSelection['which'], 'only'>;
}

/** @see selectSandboxes */
export function selectForDestroy(engines: Engines, request: DestroyRequest): Promise<SandboxRecord[]> {
  return selectSandboxes(engines, { ...request, command: 'destroy' });
}

/** Containers, networks and volumes of the sandboxes. @throws PartlyDoneError naming what is left */
export async function destroySandboxes(
  engines: Engines,
  records: readonly SandboxRecord[],
  report: Report,
): Promise<string[]> {
  const title = (record: SandboxRecord): string => `Destroy ${record.sandbox.name}`;
  const steps = records.map((record) => ({ id: record.attempt, title: title(record) }));
  const flow = new Flow('Destroy', steps, report);
  return forAll(records, (record) =>
    flow.step(record.attempt, async () => {
      await removeAttempt(engines, record.attempt);
      return record.sandbox.name;
    }),
  );
}
