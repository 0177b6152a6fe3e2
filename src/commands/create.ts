import { type CreatedSandbox, checkSandboxName, sweepExpired } from '../sandbox/index.js';
import { createCluster } from '../snapshot/index.js';
import { Args, BaseCommand, clusterFlags, Flags, newSandboxFlags } from '../ui/index.js';
import { sandboxSummary, timingsTable } from '../views/index.js';
import { openCatalog, openEngines, prepareCluster, releaseOptions, requestedCluster } from '../wiring/index.js';

export default class Create extends BaseCommand<CreatedSandbox> {
  static override summary = 'Create a sandbox: a private cluster of your own.';
  static override description =
    'Ends when every service answers, and prints where. On an error or Ctrl-C nothing of it is left. NAME is by default the name of the template, then -2, -3, ...';
  static override examples = [
    '<%= config.bin %> create hadoop-hbase',
    '<%= config.bin %> create hadoop-hbase demo --nodes 1 --ttl 8h',
    '<%= config.bin %> create hadoop-hbase --with hbase=2.5.12-hadoop3 --set hdfs-site:dfs.replication=2',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    template: Args.string({ required: true, description: 'kind of cluster (bdsandbox templates ls)' }),
    name: Args.string({ description: 'name of the sandbox: 1 to 40 of a-z, 0-9 and -' }),
  };
  static override flags = {
    ...clusterFlags,
    ...newSandboxFlags,
    cold: Flags.boolean({ description: 'start every service, even where a golden snapshot is there' }),
    wait: Flags.boolean({ default: true, allowNo: true, description: 'wait until every service is ready' }),
    keep: Flags.boolean({ description: 'keep the sandbox when a service does not start, to look inside' }),
    timings: Flags.boolean({ description: 'tell what took how long; --json always does' }),
  };

  #tellsTimings = false;

  async run(): Promise<CreatedSandbox> {
    const { args, flags } = await this.parse(Create);
    this.#tellsTimings = flags.timings;
    if (args.name !== undefined) checkSandboxName(args.name);
    const { values } = await this.loadConfig({
      owner: flags.owner,
      ttl: flags.ttl,
      timeout: flags.timeout,
      'publish.address': flags['publish-address'],
    });
    // The engine answers while templates are read; one that does not is told of after what is wrong with them.
    const opening = openEngines(values);
    opening.catch(() => undefined);
    const catalog = await openCatalog(values);
    const { plan, image } = await prepareCluster(
      catalog,
      requestedCluster(args.template, flags),
      releaseOptions(values, this.report, this.signal),
    );
    const engines = await opening;
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    const sandbox = await createCluster(
      { engines, report: this.report, signal: this.signal },
      {
        name: args.name,
        plan,
        image,
        owner: values.owner,
        ttlMs: values.ttlMs,
        timeoutMs: values.timeoutMs,
        registry: values.registry,
        networkPool: values.networkPool,
        publish: { address: values.publishAddress, services: flags.publish ?? [] },
        keep: flags.keep,
        wait: flags.wait,
        cold: flags.cold || values.golden === 'never',
      },
    );
    await sweepExpired(engines, { owner: await this.user(), keep: sandbox.name }, this.report);
    return sandbox;
  }

  override async render(sandbox: CreatedSandbox): Promise<string> {
    const summary = await sandboxSummary(sandbox);
    return this.#tellsTimings ? `${summary}\n\n${await timingsTable(sandbox.timings)}` : summary;
  }

  override names({ name }: CreatedSandbox): string[] {
    return [name];
  }
}
