import { isEmbedded } from '../config/index.js';
import { InterruptedError } from '../errors/index.js';
import { Flow, inSequence } from '../events/index.js';
import { baseRecipe, ImageStore, registryRecipe } from '../images/index.js';
import { registryUp } from '../registry/index.js';
import { type CreatedSandbox, findSandboxes, inspectSandbox } from '../sandbox/index.js';
import { ensureBootstrapTool, ensureEngine } from '../setup/index.js';
import { createCluster } from '../snapshot/index.js';
import { Args, askLine, BaseCommand, Flags, isInteractive } from '../ui/index.js';
import { sandboxSummary } from '../views/index.js';
import { IMAGES_FOLDER, openCatalog, openEngines, prepareCluster, releaseOptions } from '../wiring/index.js';

interface Started {
  /** Reference of the template's image. */
  readonly image: string;
  readonly registry: string;
  /** null with --prepare. */
  readonly sandbox: CreatedSandbox | null;
}

export default class Quickstart extends BaseCommand<Started> {
  static override summary = 'From a bare machine to a running cluster, in one command.';
  static override description =
    'Does what is missing and leaves alone what is there: a second run takes seconds. Installs and starts Docker where no engine answers and this is possible (Debian or Ubuntu, as root); asks first on a terminal.';
  static override examples = ['<%= config.bin %> quickstart', '<%= config.bin %> quickstart --nodes 1'];
  static override undoesOnInterrupt = true;
  static override args = {
    template: Args.string({ default: 'hadoop-hbase', description: 'kind of cluster (bdsandbox templates ls)' }),
  };
  static override flags = {
    nodes: Flags.integer({ description: 'number of nodes; 1 for a small machine', default: 5, min: 1 }),
    prepare: Flags.boolean({ description: 'everything but the sandbox' }),
    yes: Flags.boolean({ char: 'y', description: 'install what is missing without asking' }),
  };

  async run(): Promise<Started> {
    const { args, flags } = await this.parse(Quickstart);
    const { values } = await this.loadConfig();
    const { report, signal } = this;
    const engines = await ensureEngine({
      open: () => openEngines(values),
      confirm: (what) => (flags.yes ? Promise.resolve() : agree(what)),
      report,
      signal,
    });
    const engine = engines.on(engines.home);

    const { plan, image } = await prepareCluster(
      await openCatalog(values),
      { template: args.template, nodes: flags.nodes, releases: [], settings: [], restart: 'no' },
      releaseOptions(values, report, signal),
    );
    const store = new ImageStore({ engine, registry: values.registry, signal, report });
    if (!(await engine.images.inspect(image.reference))) await ensureBootstrapTool(report, signal);

    const flow = new Flow(
      'Registry and images',
      [
        { id: 'registry', title: `Registry on ${values.registry}` },
        { id: 'image', title: `Image of ${args.template}` },
        { id: 'push', title: 'Push to the registry' },
      ],
      report,
    );
    if (isEmbedded(values.registry)) {
      await flow.step('registry', (step) =>
        registryUp(
          { engine, address: values.registry, report, signal },
          { recipe: () => registryRecipe(IMAGES_FOLDER), onProgress: step.progress },
        ),
      );
    } else {
      flow.skip('registry', 'not on this machine');
    }
    const made = await flow.step('image', (step) => store.ensure(image, step.progress));
    if (made.origin === 'built') {
      const base = await baseRecipe(IMAGES_FOLDER);
      await flow.step('push', async (step) => {
        for (const reference of [base.reference, image.reference]) await store.push(reference, step.progress);
      });
    } else {
      flow.skip('push', 'nothing new');
    }

    const done = { image: image.reference, registry: values.registry };
    if (flags.prepare) return { ...done, sandbox: null };

    const name = `quickstart-${plan.nodes.length}`;
    const existing = (await findSandboxes(engines)).find(({ sandbox }) => sandbox.name === name);
    if (existing?.sandbox.owner === values.owner && existing.sandbox.state === 'running') {
      return { ...done, sandbox: { ...(await inspectSandbox(engines, existing)), timings: flow.timings() } };
    }
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    const setUp = flow.timings();
    const sandbox = await createCluster(
      { engines, report, signal },
      {
        name: existing ? undefined : name,
        plan,
        image,
        owner: values.owner,
        ttlMs: values.ttlMs,
        timeoutMs: values.timeoutMs,
        registry: values.registry,
        trustsGoldens: values.trust.goldens,
        networkPool: values.networkPool,
        publish: { address: values.publishAddress, services: [] },
        keep: false,
        wait: true,
        cold: values.golden === 'never',
      },
    );
    return { ...done, sandbox: { ...sandbox, timings: inSequence(setUp, sandbox.timings) } };
  }

  override render({ image, registry, sandbox }: Started): Promise<string> {
    if (sandbox) return sandboxSummary(sandbox);
    return Promise.resolve(`Ready: image ${image}, registry on ${registry}. Next: bdsandbox create`);
  }

  override names({ image, sandbox }: Started): string[] {
    return [sandbox?.name ?? image];
  }
}

/** On a terminal the user decides; a script that runs quickstart has decided already. */
async function agree(what: string): Promise<void> {
  if (!isInteractive()) return;
  const answer = await askLine({ question: `No container engine answers. May I ${what}? [Y/n] `, flag: '--yes' });
  if (/^(y(es)?)?$/i.test(answer.trim())) return;
  throw new InterruptedError(
    'nothing was installed',
    'install and start a Docker engine yourself, then run this again',
  );
}
