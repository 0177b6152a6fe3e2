import { UsageError } from '../errors/index.js';
import { findSandbox, nodePlace, shellInNode } from '../sandbox/index.js';
import { Args, attached, BaseCommand, rightsFlags, sandboxFlag } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export default class Shell extends BaseCommand<Ended> {
  static override summary = 'Open a shell in a node.';
  static override description =
    'bash as root of the node, without capabilities, as exec. NODE is the first node by default. Without a terminal it reads commands from standard input. Ends with the exit code of the shell. When bdsandbox goes before the shell does, what runs in it is ended; on a terminal, not what was left in the background with nohup.';
  static override examples = [
    '<%= config.bin %> shell',
    '<%= config.bin %> shell demo/worker1',
    '<%= config.bin %> shell demo < script.sh',
    '<%= config.bin %> shell demo/worker1 --privileged',
  ];
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'SANDBOX or SANDBOX/NODE; your only sandbox by default' }),
  };
  static override flags = { sandbox: sandboxFlag, ...rightsFlags };

  async run(): Promise<Ended> {
    const { args, flags } = await this.parse(Shell);
    const json = this.jsonEnabled();
    if (json && process.stdin.isTTY) {
      throw new UsageError('shell --json reads commands from standard input', "echo 'jps' | bdsandbox shell --json");
    }
    const { sandbox, node } = nodePlace(args.sandbox ?? flags.sandbox);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, sandbox, values.owner);
    const result = json
      ? await shellInNode(engines, record, node, { stdin: process.stdin, signal: this.signal }, flags)
      : await attached(this.signal, { input: true }, (options) => shellInNode(engines, record, node, options, flags));
    this.exitCode = result.exitCode;
    return result;
  }

  override render(): undefined {
    return undefined;
  }
}
