import { type WarmedCluster, warmCluster } from '../../snapshot/index.js';
import { Args, BaseCommand, bytes, clusterFlags } from '../../ui/index.js';
import { openCatalog, openEngines, prepareCluster, releaseOptions, requestedCluster } from '../../wiring/index.js';

export default class ImagesWarm extends BaseCommand<WarmedCluster> {
  static override summary = 'Make the golden snapshot of a template, which create begins with.';
  static override description =
    'Starts a cluster, keeps it with its memory, and destroys it. With the same options create then takes seconds. The first create that finds no golden does the same with its own cluster.';
  static override examples = [
    '<%= config.bin %> images warm hadoop-hbase',
    '<%= config.bin %> images warm hadoop-hbase --nodes 1 --set hdfs-site:dfs.replication=1',
  ];
  static override undoesOnInterrupt = true;
  static override args = { template: Args.string({ required: true, description: 'name of a template' }) };
  static override flags = clusterFlags;

  async run(): Promise<WarmedCluster> {
    const { args, flags } = await this.parse(ImagesWarm);
    const { values } = await this.loadConfig();
    const { plan, image } = await prepareCluster(
      await openCatalog(values),
      requestedCluster(args.template, flags),
      releaseOptions(values, this.report, this.signal),
    );
    const engines = await openEngines(values);
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    return warmCluster(
      { engines, report: this.report, signal: this.signal },
      {
        plan,
        image,
        owner: values.owner,
        registry: values.registry,
        networkPool: values.networkPool,
        publish: { address: values.publishAddress, services: [] },
        timeoutMs: values.timeoutMs,
      },
    );
  }

  override render({ name, isNew, memoryBytes }: WarmedCluster): string {
    return isNew
      ? `Kept ${name}: ${bytes(memoryBytes)} of memory. Create begins with it now.`
      : `${name} is here already.`;
  }

  override names({ name }: WarmedCluster): string[] {
    return [name];
  }
}
