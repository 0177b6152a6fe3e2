import type { ExecOptions } from '../engine/index.js';
import { UsageError } from '../errors/index.js';
import { execInNode, findSandbox } from '../sandbox/index.js';
import { Args, attached, BaseCommand } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Executed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export default class Exec extends BaseCommand<Executed> {
  static override summary = 'Run a command in a node, with its streams and exit code.';
  static override description =
    'NODE is the first node by default. A terminal is given when standard input and output are one.';
  static override examples = [
    '<%= config.bin %> exec demo -- hdfs dfs -ls /',
    'echo "status" | <%= config.bin %> exec demo/master1 -- hbase shell -n',
  ];
  static override usage = 'exec SANDBOX[/NODE] [--json] -- COMMAND...';
  static override args = { sandbox: Args.string({ required: true, description: 'SANDBOX or SANDBOX/NODE' }) };

  async run(): Promise<Executed> {
    const { own, behind: command = [] } = this.splitAtDashes();
    const { args } = await this.parse(Exec, own);
    const [name, node] = args.sandbox.split('/');
    if (command.length === 0) {
      throw new UsageError('exec needs a command, after --', `for example: bdsandbox exec ${args.sandbox} -- jps`);
    }
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, name, values.owner);
    const run = (options: ExecOptions): Promise<Executed> => execInNode(engines, record, { node, command, options });
    const result = this.jsonEnabled() ? await run({ signal: this.signal }) : await attached(this.signal, run);
    this.exitCode = result.exitCode;
    return result;
  }

  override render(): undefined {
    return undefined;
  }
}
