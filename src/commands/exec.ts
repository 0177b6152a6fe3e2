import type { ExecOptions } from '../engine/index.js';
import { quote, UsageError } from '../errors/index.js';
import { execInNode, findSandbox, programOfRoot } from '../sandbox/index.js';
import { Args, attached, BaseCommand, rightsFlags } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Executed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export default class Exec extends BaseCommand<Executed> {
  static override summary = 'Run a command in a node, with its streams and exit code.';
  static override description =
    'As root of the node, without capabilities, as the services run. NODE is the first node by default. A terminal is given when standard input and output are one.';
  static override examples = [
    '<%= config.bin %> exec demo -- hdfs dfs -ls /',
    '<%= config.bin %> exec demo --privileged -- apt-get install -y tcpdump',
    'echo "status" | <%= config.bin %> exec demo/master1 -- hbase shell -n',
  ];
  static override usage = 'exec SANDBOX[/NODE] [--user NAME | --privileged] [--json] -- COMMAND...';
  static override args = { sandbox: Args.string({ required: true, description: 'SANDBOX or SANDBOX/NODE' }) };
  static override flags = rightsFlags;

  async run(): Promise<Executed> {
    const { own, behind: command = [] } = this.splitAtDashes();
    const { args, flags: rights } = await this.parse(Exec, own);
    const [name, node] = args.sandbox.split('/');
    if (command.length === 0) {
      throw new UsageError('exec needs a command, after --', `for example: bdsandbox exec ${args.sandbox} -- jps`);
    }
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, name, values.owner);
    const run = (options: ExecOptions): Promise<Executed> =>
      execInNode(engines, record, { node, command, rights, options });
    const result = this.jsonEnabled() ? await run({ signal: this.signal }) : await attached(this.signal, run);
    this.exitCode = result.exitCode;
    const program = rights.privileged ? undefined : programOfRoot(command, result.exitCode);
    if (program !== undefined) {
      const again = `bdsandbox exec ${args.sandbox} --privileged -- ${command.map(quote).join(' ')}`;
      const message = `if ${program} was not permitted what it needs, it is with the rights of a container's root: ${again}`;
      this.report({ type: 'notice', level: 'warning', message });
    }
    return result;
  }

  override render(): undefined {
    return undefined;
  }
}
