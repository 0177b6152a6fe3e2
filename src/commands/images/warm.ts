import { type WarmedCluster, warmCluster } from '../../snapshot/index.js';
import { Args, BaseCommand, bytes, clusterFlags, Flags } from '../../ui/index.js';
import { openCatalog, openEngines, prepareCluster, releaseOptions, requestedCluster } from '../../wiring/index.js';

export default class ImagesWarm extends BaseCommand<WarmedCluster> {
  static override summary = 'Make the golden snapshot of a template, which create begins with.';
  static override description =
    'Takes the one in the registry if there is one; else starts a cluster, keeps it with its memory, and destroys it. With the same options create then takes seconds. The first create that finds no golden makes one of its own cluster.';
  static override examples = [
    '<%= config.bin %> images warm hadoop-hbase',
    '<%= config.bin %> images warm hadoop-hbase --nodes 1',
    '<%= config.bin %> images warm hadoop-hbase --push',
  ];
  static override undoesOnInterrupt = true;
  static override args = { template: Args.string({ required: true, description: 'name of a template' }) };
  static override flags = {
    ...clusterFlags,
    push: Flags.boolean({ default: false, description: "push it to the private registry, for everybody's create" }),
  };

  async run(): Promise<WarmedCluster> {
    const { args, flags } = await this.parse(ImagesWarm);
    const { values } = await this.loadConfig();
    const { plan, image, warnings } = await prepareCluster(
      await openCatalog(values),
      requestedCluster(args.template, flags),
      releaseOptions(values, this.report, this.signal),
    );
    for (const message of warnings) this.report({ type: 'notice', level: 'warning', message });
    const engines = await openEngines(values);
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    return warmCluster(
      { engines, report: this.report, signal: this.signal },
      {
        plan,
        image,
        owner: values.owner,
        registry: values.registry,
        trustsGoldens: values.trust.goldens,
        networkPool: values.networkPool,
        publish: { address: values.publishAddress, services: [] },
        timeoutMs: values.timeoutMs,
        push: flags.push,
      },
    );
  }

  override render({ name, origin, memoryBytes, pushed }: WarmedCluster): string {
    const come = { engine: 'is here already', registry: 'came from the registry', made: 'is new' }[origin];
    const lines = [`${name} ${come}: ${bytes(memoryBytes)} of memory. Create begins with it.`];
    return [...lines, ...(pushed ? ['It is in the registry, for machines with the same kernel.'] : [])].join('\n');
  }

  override names({ name }: WarmedCluster): string[] {
    return [name];
  }
}
