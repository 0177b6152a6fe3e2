import { asSandboxError } from '../errors/index.js';
import { type Check, type DoctorContext, type Facts, type Finding, failed } from './check.js';
import { engineCheck, kernelCheck } from './engine.js';
import { diskCheck, liveCheck, memoryCheck } from './machine.js';
import { newestPlatform } from './platform.js';
import { registryCheck } from './registry.js';

/** In the order in which they are shown. A new one is one more entry here. */
export const CHECKS: readonly Check[] = [engineCheck, kernelCheck, liveCheck, memoryCheck, diskCheck, registryCheck];

export type Examined = { readonly name: string } & Finding;

/** All checks, side by side. Nothing is changed, and no check's failure ends the others. */
export async function examine(context: DoctorContext, checks: readonly Check[] = CHECKS): Promise<Examined[]> {
  const facts = factsOf(context);
  const reachable = await facts.info().then(
    () => true,
    () => false,
  );
  return Promise.all(
    checks
      .filter(({ needsEngine, name }) => reachable || !needsEngine || name === engineCheck.name)
      .map(async (check) => ({ name: check.name, ...(await check.run(facts).catch(failure)) })),
  );
}

function failure(thrown: unknown): Finding {
  const { message, hint } = asSandboxError(thrown);
  return failed(message, hint);
}

function factsOf({ openEngines, registry }: DoctorContext): Facts {
  const engines = once(openEngines);
  return {
    engines,
    info: once(async () => (await engines()).on((await engines()).home).info()),
    platform: once(async () => newestPlatform((await engines()).on((await engines()).home))),
    registry,
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
