import { asSandboxError } from '../errors/index.js';
import { type Check, type DoctorContext, type Facts, type Finding, failed } from './check.js';
import { engineCheck, kernelCheck } from './engine.js';
import { limitsCheck } from './limits.js';
import { clockCheck, diskCheck, liveCheck, memoryCheck } from './machine.js';
import { missingCheck } from './missing.js';
import { networksCheck } from './networks.js';
import { tryNewestImage } from './node.js';
import { registryCheck } from './registry.js';
import { imagesCheck, versionsCheck } from './versions.js';

/** In the order in which they are shown. A new one is one more entry here. */
export const CHECKS: readonly Check[] = [
  versionsCheck,
  engineCheck,
  kernelCheck,
  liveCheck,
  memoryCheck,
  diskCheck,
  limitsCheck,
  networksCheck,
  clockCheck,
  imagesCheck,
  missingCheck,
  registryCheck,
];

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

function factsOf({ openEngines, ...context }: DoctorContext): Facts {
  const engine = once(async () => {
    const engines = await openEngines();
    return engines.on(engines.home);
  });
  return {
    ...context,
    engine,
    info: once(async () => (await engine()).info()),
    node: once(async () => tryNewestImage(await engine())),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
