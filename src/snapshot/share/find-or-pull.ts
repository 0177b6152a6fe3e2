import { NotFoundError, RegistryError, RegistryUnreachableError } from '../../errors/index.js';
import { checkSandboxName, type FlowContext } from '../../sandbox/index.js';
import { findSnapshot, lookForSnapshot, type Snapshot } from '../inventory.js';

/** The snapshot of this engine, else the registry's, which is pulled. @throws NotFoundError when neither has it */
export async function findOrPullSnapshot(
  context: FlowContext,
  name: string,
  from: { readonly registry: string; readonly trusted: boolean },
): Promise<Snapshot> {
  const engine = context.engines.on(context.engines.home);
  const here = await lookForSnapshot(engine, name);
  if (here) return here;
  checkSandboxName(name);
  try {
    const { pullSnapshot } = await import('./pull.js');
    await pullSnapshot(context, { name, ...from });
  } catch (error) {
    const none = error instanceof NotFoundError || error instanceof RegistryUnreachableError;
    if (!none && !(error instanceof RegistryError)) throw error;
    if (!none) {
      const message = `${error.message}. ${error.hint}`;
      context.report({ type: 'notice', level: 'warning', message });
    }
  }
  return findSnapshot(engine, name);
}
