import { once } from 'node:events';
import { proxySandbox, type RunResult, runBehind, type SandboxProxy, WAYS } from '../client/index.js';
import { UsageError } from '../errors/index.js';
import { findSandbox, type SandboxRecord } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, sandboxFlag } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Proxied {
  readonly sandbox: string;
  /** ADDRESS:PORT, for both protocols. */
  readonly listens: string;
  /** For http_proxy and https_proxy. */
  readonly http: string;
  /** For programs that speak SOCKS and let the proxy look names up. */
  readonly socks: string;
  /** How the nodes are reached: by their addresses, or through the engine. */
  readonly way: 'direct' | 'tunnel';
  /** What it leads to. */
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
  /** Of the command; null without one. */
  readonly result: RunResult | null;
}

/** The port that SOCKS has by custom. */
const PORT = 1080;

export default class ProxyCommand extends BaseCommand<Proxied> {
  static override summary = 'A proxy to the nodes of a sandbox, HTTP and SOCKS 5.';
  static override description =
    `On one port, until Ctrl-C, or as long as COMMAND runs, which gets http_proxy, https_proxy and all_proxy and whose exit code is passed through. The names of the nodes and their inner addresses lead to them; everything else is refused.

Where the nodes are not reached from here, it goes through the engine, to the ports of services alone. With --json the object comes as soon as the proxy listens; with COMMAND at its end.`;
  static override examples = [
    '<%= config.bin %> proxy demo',
    'curl --proxy socks5h://127.0.0.1:1080 http://master1:9870/jmx',
    '<%= config.bin %> proxy demo --port 0 --json',
    '<%= config.bin %> proxy demo -- curl -s http://master1:9870/jmx',
  ];
  static override usage = 'proxy [SANDBOX] [--port N] [--address ADDRESS] [--via auto|direct|tunnel] [-- COMMAND...]';
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'name of the sandbox; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    port: Flags.integer({
      min: 0,
      max: 65_535,
      description: `port to listen on; 0 takes a free one. ${PORT} by default, with a COMMAND a free one`,
    }),
    address: Flags.string({ default: '127.0.0.1', description: 'address of this machine to listen on' }),
    via: Flags.string({
      options: [...WAYS],
      default: 'auto',
      description: 'how the nodes are reached: by their own addresses, through the engine, or whichever is possible',
    }),
  };

  async run(): Promise<Proxied> {
    const { own, behind: command } = this.splitAtDashes();
    const { args, flags } = await this.parse(ProxyCommand, own);
    if (command?.length === 0) {
      throw new UsageError(
        'there is no command after --',
        'for example: bdsandbox proxy demo -- curl http://master1:9870/',
      );
    }
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, args.sandbox ?? flags.sandbox, values.owner);
    const proxy = await proxySandbox(engines, record, {
      address: flags.address,
      port: flags.port ?? (command ? 0 : PORT),
      way: WAYS.find((each) => each === flags.via) ?? 'auto',
      report: this.report,
    });
    try {
      const data = dataOf(record, proxy);
      if (!command) return await this.#serve(data);
      return { ...data, result: await this.#runBehind(proxy, command) };
    } finally {
      proxy.close();
    }
  }

  override render({ result, sandbox, http, socks, nodes }: Proxied): string | undefined {
    if (result) return undefined;
    return [
      `The nodes of ${sandbox} (${nodes.map(({ name }) => name).join(', ')}) are reached by the proxies`,
      `  ${http}`,
      `  ${socks}`,
      'until Ctrl-C.',
    ].join('\n');
  }

  override names({ listens, result }: Proxied): string[] {
    return result ? [] : [listens];
  }

  /** Until Ctrl-C; what there is to say is said at once. */
  async #serve(data: Proxied): Promise<Proxied> {
    this.follows = true;
    await this.freeTerminal();
    await this.print(data);
    if (!this.signal.aborted) await once(this.signal, 'abort');
    return data;
  }

  async #runBehind(proxy: SandboxProxy, command: readonly string[]): Promise<RunResult> {
    await this.freeTerminal();
    const result = await runBehind(proxy, {
      command,
      environment: process.env,
      collect: this.jsonEnabled(),
      onStart: (kill) => this.passSignalsTo(kill),
    });
    this.exitCode = result.exitCode;
    return result;
  }
}

function dataOf({ sandbox }: SandboxRecord, { listens, way }: SandboxProxy): Proxied {
  return {
    sandbox: sandbox.name,
    listens,
    http: `http://${listens}`,
    socks: `socks5h://${listens}`,
    way,
    nodes: sandbox.nodes.map(({ name, address }) => ({ name, address })),
    result: null,
  };
}
