import type { Engines } from '../engine/index.js';
import { EngineUnreachableError } from '../errors/index.js';
import { Flow, type Report } from '../events/index.js';
import { cannotInstall, hasProgram, installEngine, installPackages, thisMachine, waitForEngine } from './engine.js';

export interface EngineSetup {
  /** Opens the engines and asks each something. @throws EngineUnreachableError */
  readonly open: () => Promise<Engines>;
  /** Asked before anything is installed; rejects when the answer is no. */
  readonly confirm: (what: string) => Promise<void>;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** An engine that answers: the one there is, else one installed and started here. Idempotent. */
export async function ensureEngine({ open, confirm, report, signal }: EngineSetup): Promise<Engines> {
  const ask = async (): Promise<Engines> => {
    const engines = await open();
    await engines.on(engines.home).info();
    return engines;
  };
  try {
    return await ask();
  } catch (reason) {
    if (!(reason instanceof EngineUnreachableError)) throw reason;
    const machine = await thisMachine();
    const obstacle = cannotInstall(machine, reason);
    if (obstacle) throw obstacle;
    await confirm(
      machine.hasEngine ? 'start the Docker engine' : 'install and start the Docker engine (package docker.io)',
    );
    const flow = new Flow('Prepare this machine', [{ id: 'engine', title: 'Container engine' }], report);
    return flow.step('engine', async (step) => {
      await installEngine(machine, step, signal);
      const engines = await waitForEngine(ask, signal);
      const { version } = await engines.on(engines.home).info();
      step.result(`version ${version}`);
      return engines;
    });
  }
}

/**
 * mmdebstrap, which makes Debian roots where no public registry is reachable. Nothing is done where it is there or cannot
 * be installed: then the image build says what it needs, should it need it.
 */
export async function ensureBootstrapTool(report: Report, signal: AbortSignal): Promise<void> {
  const { isRoot, hasApt } = await thisMachine();
  if (!isRoot || !hasApt || (await hasProgram('mmdebstrap'))) return;
  const flow = new Flow('Prepare this machine', [{ id: 'mmdebstrap', title: 'mmdebstrap' }], report);
  await flow.step('mmdebstrap', (step) => installPackages(['mmdebstrap'], step, signal));
}
