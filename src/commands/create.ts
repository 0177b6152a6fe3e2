import type { CreatedSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, clusterFlags, Flags, newSandboxFlags } from '../ui/index.js';
import { sandboxSummary, timingsTable } from '../views/index.js';
import { createFromTemplate, openEngines, requestedCluster } from '../wiring/index.js';

export default class Create extends BaseCommand<CreatedSandbox> {
  static override summary = 'Create a sandbox: a private cluster of your own.';
  static override description =
    'Ends when every service answers, and prints where. On an error or Ctrl-C nothing of it is left. NAME is by default the name of the template, then -2, -3, ...';
  static override examples = [
    '<%= config.bin %> create hadoop-hbase',
    '<%= config.bin %> create hadoop-hbase demo --nodes 1 --ttl 8h',
    '<%= config.bin %> create hadoop-hbase --with hbase=2.5.12-hadoop3',
    '<%= config.bin %> create hadoop-hbase --set hdfs-site:dfs.replication=2',
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
    const { values } = await this.loadConfig({
      owner: flags.owner,
      ttl: flags.ttl,
      timeout: flags.timeout,
      'publish.address': flags['publish-address'],
    });
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    const context = { engines: () => openEngines(values), report: this.report, signal: this.signal };
    return createFromTemplate(context, values, {
      cluster: requestedCluster(args.template, flags),
      name: args.name,
      user: await this.user(),
      publish: flags.publish ?? [],
      keep: flags.keep,
      wait: flags.wait,
      cold: flags.cold,
    });
  }

  override async render(sandbox: CreatedSandbox): Promise<string> {
    const summary = await sandboxSummary(sandbox);
    return this.#tellsTimings ? `${summary}\n\n${await timingsTable(sandbox.timings)}` : summary;
  }

  override names({ name }: CreatedSandbox): string[] {
    return [name];
  }
}
