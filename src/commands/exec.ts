import { quote } from '../errors/index.js';
import { execInNode, findSandbox, nodePlace, programOfRoot } from '../sandbox/index.js';
import { Args, attached, BaseCommand, noStdinFlag, rightsFlags, sandboxFlag } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Executed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export default class Exec extends BaseCommand<Executed> {
  static override summary = 'Run a command in a node, with its streams and exit code.';
  static override description =
    'As root of the node, without capabilities, as the services run. NODE is the first node by default. A terminal is given when standard input and output are one. The command is ended, with what it started, when bdsandbox goes before it does: by Ctrl-C, a signal, a closed terminal, a reader of its output that went away, or a lost connection.';
  static override examples = [
    '<%= config.bin %> exec demo -- hdfs dfs -ls /',
    '<%= config.bin %> exec -- jps',
    '<%= config.bin %> exec demo --privileged -- apt-get install -y tcpdump',
    'echo "status" | <%= config.bin %> exec demo/master1 -- hbase shell -n',
    'while read -r p; do <%= config.bin %> exec -n -- hdfs dfs -ls "$p"; done <paths',
  ];
  static override usage = 'exec [SANDBOX[/NODE]] [-n] [--user NAME | --privileged] [--json] -- COMMAND...';
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'SANDBOX or SANDBOX/NODE; your only sandbox by default' }),
  };
  static override flags = { sandbox: sandboxFlag, ...rightsFlags, 'no-stdin': noStdinFlag };

  async run(): Promise<Executed> {
    const { own, behind: command } = this.programBehindDashes('exec', 'jps');
    const { args, flags } = await this.parse(Exec, own);
    const { sandbox, node } = nodePlace(args.sandbox ?? flags.sandbox);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, sandbox, values.owner);
    const run = (options: Parameters<typeof execInNode>[2]['options']): Promise<Executed> =>
      execInNode(engines, record, { node, command, rights: flags, options });
    const result = this.jsonEnabled()
      ? await run({ signal: this.signal })
      : await attached(this.signal, { input: !flags['no-stdin'] }, run);
    this.exitCode = result.exitCode;
    const program = flags.privileged ? undefined : programOfRoot(command, result.exitCode);
    if (program !== undefined) {
      const again = `bdsandbox exec ${record.sandbox.name}${node === undefined ? '' : `/${node}`} --privileged -- ${command.map(quote).join(' ')}`;
      const message = `if ${program} was not permitted what it needs, it is with the rights of a container's root: ${again}`;
      this.report({ type: 'notice', level: 'warning', message });
    }
    return result;
  }

  override render(): undefined {
    return undefined;
  }
}
