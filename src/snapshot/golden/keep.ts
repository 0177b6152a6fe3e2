import { ConflictError, SandboxError } from '../../errors/index.js';
import { Flow, type Report } from '../../events/index.js';
import { type FlowContext, findSandboxes } from '../../sandbox/index.js';
import type { Snapshot } from '../inventory.js';
import { takeSnapshot } from '../take.js';
import { type GoldenRequest, goldenKey, goldenName } from './find.js';

/** As takeGolden, for whom a golden is no more than a help: a failure is said. */
export async function keepGolden(context: FlowContext, request: GoldenRequest, sandbox: string): Promise<void> {
  try {
    await takeGolden(context, request, sandbox);
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    const message = `the next create starts every service too: ${error.message}`;
    context.report({ type: 'notice', level: 'warning', message });
  }
}

/**
 * Makes a fresh sandbox the golden of its image and plan; it goes on afterwards.
 * @returns undefined when somebody else makes the same one right now
 */
export async function takeGolden(
  context: FlowContext,
  request: GoldenRequest,
  sandbox: string,
): Promise<Snapshot | undefined> {
  const { engines } = context;
  const key = await goldenKey(engines.on(engines.home), request);
  const record = (await findSandboxes(engines)).find((each) => each.sandbox.name === sandbox);
  if (key === undefined || !record) return undefined;
  // One step: who waits for a sandbox knows nothing of a snapshot's.
  const flow = new Flow(
    'Golden snapshot',
    [{ id: 'golden', title: 'Saving a fast start for next time' }],
    context.report,
  );
  return flow.step('golden', async (step) => {
    const request = {
      name: goldenName(key),
      mode: 'live',
      note: 'a fresh cluster, for create to begin with',
      redact: true,
      golden: key,
    } as const;
    try {
      return await takeSnapshot({ ...context, report: noticesOf(context.report) }, record, request);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      step.result('somebody else has it');
      return undefined;
    }
  });
}

function noticesOf(report: Report): Report {
  return (event) => {
    if (event.type === 'notice') report(event);
  };
}
