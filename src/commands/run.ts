import { CLIENT_LEVELS, type ClientLevel, type RunResult, runInKit, WAYS } from '../client/index.js';
import { UsageError } from '../errors/index.js';
import { findSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, sandboxFlag } from '../ui/index.js';
import { kitsFolder, openEngines } from '../wiring/index.js';

export default class Run extends BaseCommand<RunResult> {
  static override summary = 'Run a program of this machine that talks to a sandbox.';
  static override description =
    `Its input, output, exit code and signals are passed through. It gets the client config of the sandbox (as from bdsandbox env), and its nodes' names. By default it has an /etc/hosts of its own for that, which needs no root, holds for programs of every kind and leaves all other names as they are; unless you are root, sudo and ssh do not work inside. Where the machine does not allow it, JVMs get the names as an option (JAVA_TOOL_OPTIONS), other programs get none, and a line says so.

Where the nodes' own addresses are not reached, as with an engine on another machine, loopback addresses take their place, and each connection goes through the engine. That is slower, and leads to the ports of services alone: not to those that YARN's applications open.`;
  static override examples = [
    '<%= config.bin %> run demo -- mvn verify',
    '<%= config.bin %> run demo -- curl -s http://master1:9870/jmx',
    '<%= config.bin %> run demo -- bash',
    '<%= config.bin %> run demo --log-level INFO -- hbase pe --nomapred sequentialWrite 1',
  ];
  static override usage =
    'run [SANDBOX] [--names auto|hosts|jvm] [--via auto|direct|tunnel] [--log-level LEVEL] [--json] -- COMMAND...';
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'name of the sandbox; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    names: Flags.string({
      options: ['auto', 'hosts', 'jvm'],
      default: 'auto',
      description:
        'how the nodes are found: by an /etc/hosts of its own, by an option of JVMs, or whichever is possible',
    }),
    via: Flags.string({
      options: [...WAYS],
      default: 'auto',
      description: 'how they are reached: by their own addresses, through the engine, or whichever is possible',
    }),
    'log-level': Flags.string({
      helpValue: 'LEVEL',
      description: `what programs log that go by the sandbox's client config, the kit: ${CLIENT_LEVELS.join(', ')}. Shipped templates say WARN`,
    }),
  };

  async run(): Promise<RunResult> {
    const { own, behind: command } = this.programBehindDashes('run', 'mvn verify');
    const { args, flags } = await this.parse(Run, own);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, args.sandbox ?? flags.sandbox, values.owner);
    const result = await runInKit(engines, record, {
      command,
      environment: process.env,
      root: kitsFolder(process.env),
      way: WAYS.find((each) => each === flags.via) ?? 'auto',
      names: flags.names as 'auto' | 'hosts' | 'jvm',
      logLevel: levelOf(flags['log-level']),
      collect: this.jsonEnabled(),
      report: this.report,
      onReady: () => this.freeTerminal(),
      onStart: (kill) => this.passSignalsTo(kill),
    });
    this.exitCode = result.exitCode;
    return result;
  }

  override render(): undefined {
    return undefined;
  }
}

function levelOf(word: string | undefined): ClientLevel | undefined {
  const level = CLIENT_LEVELS.find((each) => each === word?.toUpperCase());
  if (word === undefined || level) return level;
  throw new UsageError(`--log-level: there is no level "${word}"`, `its levels are: ${CLIENT_LEVELS.join(', ')}`);
}
