import path from 'node:path';
import {
  enterKit,
  type Kit,
  leaveKit,
  makeKit,
  SHELLS,
  type Shell,
  shellCommands,
  shellOf,
  writeKitTo,
} from '../client/index.js';
import { UsageError } from '../errors/index.js';
import { findSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, sandboxFlag, terminal } from '../ui/index.js';
import { kitsFolder, openEngines } from '../wiring/index.js';

interface ClientEnvironment {
  /** null with --unset, as all that is of a kit. */
  readonly sandbox: string | null;
  readonly kit: string | null;
  readonly shell: Shell;
  /** To be set. */
  readonly variables: Readonly<Record<string, string>>;
  /** To be taken away. */
  readonly unset: readonly string[];
  /** Addresses of the nodes by name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** This machine, as the nodes see it. */
  readonly clientAddress: string | null;
  /** Relative to the kit's folder. */
  readonly files: readonly string[];
  /** With --write: the file to source. */
  readonly source: string | null;
}

export default class Env extends BaseCommand<ClientEnvironment> {
  static override summary = 'Print what a shell needs to talk to a sandbox, for eval.';
  static override description =
    `Writes a kit, a folder with the client config and the nodes' names, and prints the variables that lead hdfs, yarn, hbase, spark-submit and Java programs to it. Nothing on this machine is changed, and two shells can have two sandboxes. Make it anew after the nodes were started again.

A JVM that gets its names from a kit (java $BDSANDBOX_JAVA_OPTIONS, JDK 9 or newer) finds no other names. Programs that need others too, or are not Java, run with: bdsandbox run SANDBOX -- COMMAND.`;
  static override examples = [
    'eval "$(<%= config.bin %> env demo)"; hdfs dfs -ls /',
    '<%= config.bin %> env demo | source    # in fish',
    'java $BDSANDBOX_JAVA_OPTIONS -cp "$HBASE_CONF_DIR:app.jar" com.example.App',
    'eval "$(<%= config.bin %> env --unset)"',
    '<%= config.bin %> env demo --write ./kit; . ./kit/env.sh',
  ];
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'name of the sandbox; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    shell: Flags.string({ options: [...SHELLS], description: 'whose commands are printed; by $SHELL' }),
    'all-jvms': Flags.boolean({
      description: 'also JAVA_TOOL_OPTIONS, for every JVM: each says so, and finds the names of the sandbox alone',
    }),
    unset: Flags.boolean({
      exclusive: ['write', 'all-jvms'],
      description: 'print what takes a kit out of this environment again',
    }),
    write: Flags.string({ description: 'write the kit into this folder, with a file to source' }),
    force: Flags.boolean({
      char: 'f',
      dependsOn: ['write'],
      description: 'also replace files there that are not of a kit',
    }),
  };

  protected override readonly texts = ['variables'];

  async run(): Promise<ClientEnvironment> {
    const { args, flags } = await this.parse(Env);
    const shell = SHELLS.find((each) => each === flags.shell) ?? shellOf(process.env);
    if (flags.unset) return this.#left(shell, args.sandbox);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, args.sandbox ?? flags.sandbox, values.owner);
    if (flags.write === undefined) {
      const kit = await makeKit(engines, record, kitsFolder(process.env));
      if (terminal().stdout.isTTY && !this.jsonEnabled()) {
        const message = `this shell takes it over with: ${evalLine(shell, kit.sandbox)}`;
        this.report({ type: 'notice', level: 'info', message });
      }
      return this.#entered(kit, shell, flags['all-jvms'], null);
    }
    const target = { folder: path.resolve(flags.write), shell, force: flags.force };
    const { kit, source } = await writeKitTo(engines, record, target);
    return this.#entered(kit, shell, flags['all-jvms'], source);
  }

  override render({ shell, variables, unset, source, kit, sandbox }: ClientEnvironment): string {
    if (source !== null) {
      return `The kit of ${sandbox} is in ${kit}. In a shell: ${shell === 'fish' ? 'source' : '.'} ${source}`;
    }
    return shellCommands(
      shell,
      new Map([...Object.entries(variables), ...unset.map((name) => [name, undefined] as const)]),
    ).join('\n');
  }

  /** The same: a quiet eval is an eval. */
  override names(data: ClientEnvironment): string[] {
    return data.source === null ? [this.render(data)] : [data.source];
  }

  #entered(kit: Kit, shell: Shell, allJvms: boolean, source: string | null): ClientEnvironment {
    for (const message of kit.problems) this.report({ type: 'notice', level: 'warning', message });
    return {
      sandbox: kit.sandbox,
      kit: kit.folder,
      shell,
      ...split(enterKit(kit, process.env, { names: 'jvm', allJvms })),
      hosts: Object.fromEntries(kit.hosts.map(({ name, address }) => [name, address])),
      clientAddress: kit.clientAddress,
      files: kit.files,
      source,
    };
  }

  #left(shell: Shell, sandbox: string | undefined): ClientEnvironment {
    if (sandbox !== undefined) {
      throw new UsageError('--unset takes no sandbox: it takes back whatever kit this environment has', 'leave it out');
    }
    const changes = leaveKit(process.env);
    if (!changes) {
      this.report({ type: 'notice', level: 'warning', message: 'there is no kit in this environment' });
    }
    return {
      sandbox: null,
      kit: null,
      shell,
      ...split(changes ?? new Map()),
      hosts: {},
      clientAddress: null,
      files: [],
      source: null,
    };
  }
}

function split(changes: ReadonlyMap<string, string | undefined>): Pick<ClientEnvironment, 'variables' | 'unset'> {
  return {
    variables: Object.fromEntries(
      [...changes].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    unset: [...changes].flatMap(([name, value]) => (value === undefined ? [name] : [])),
  };
}

function evalLine(shell: Shell, sandbox: string): string {
  return shell === 'fish' ? `bdsandbox env ${sandbox} | source` : `eval "$(bdsandbox env ${sandbox})"`;
}
