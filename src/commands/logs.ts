import { UsageError } from '../errors/index.js';
import { chooseNodes, followLogs, type LogLine, logsRequest, parseTarget, readLogs } from '../look/index.js';
import { findSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, sandboxFlag } from '../ui/index.js';
import { logPrinter } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Logged {
  readonly name: string;
  /** Empty where they were printed as they came. */
  readonly lines: readonly LogLine[];
}

/** Writing each line by itself would take longer than reading it. */
const LINES_AT_ONCE = 500;

export default class Logs extends BaseCommand<Logged> {
  static override summary = 'Show the logs of all services of all nodes, merged by time.';
  static override description =
    'The last 200 lines without --since. A stack trace counts as one with the line it belongs to. Times are UTC. With --follow until Ctrl-C (exit code 130); with --json too: an object a line.';
  static override examples = [
    '<%= config.bin %> logs',
    '<%= config.bin %> logs demo/master1/namenode -f',
    '<%= config.bin %> logs demo --since 10m --level WARN',
    '<%= config.bin %> logs demo --service hmaster --service regionserver --tail 20',
    '<%= config.bin %> logs demo --grep "region.*OPEN"',
  ];
  static override args = {
    sandbox: Args.string({ description: 'SANDBOX, SANDBOX/NODE or SANDBOX/NODE/SERVICE; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    follow: Flags.boolean({ char: 'f', description: 'go on with what comes' }),
    since: Flags.string({ description: 'not older: 10m, 2h, or a time (2026-01-31T12:00, UTC)' }),
    tail: Flags.string({ char: 'n', description: 'the last ones of all services: a number, or "all"' }),
    service: Flags.string({ multiple: true, default: [], description: 'of this service alone; may be repeated' }),
    grep: Flags.string({ description: 'those with a match of this regular expression' }),
    level: Flags.string({ description: 'this level or worse: TRACE, DEBUG, INFO, WARN, ERROR or FATAL' }),
  };

  async run(): Promise<Logged> {
    const { args, flags } = await this.parse(Logs);
    const { sandbox, node, service } = parseTarget(args.sandbox);
    if (service !== undefined && flags.service.length > 0) {
      throw new UsageError('services are named twice', 'name them by --service, or in SANDBOX/NODE/SERVICE');
    }
    const request = logsRequest(flags);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, sandbox ?? flags.sandbox, values.owner);
    const services = service === undefined ? flags.service : [service];
    const nodes = chooseNodes(record, { node, services });
    const context = { engines, report: this.report, signal: this.signal };
    const { name } = record.sandbox;
    if (flags.follow) {
      this.follows = true;
      const print = this.jsonEnabled() ? undefined : await logPrinter(nodes);
      for await (const line of followLogs(context, nodes, request)) {
        await (print ? this.write(print(line)) : this.writeJson(line));
      }
      return { name, lines: [] };
    }
    const lines = readLogs(context, nodes, request);
    const kept: LogLine[] = [];
    if (this.jsonEnabled()) for await (const line of lines) kept.push(line);
    else await this.#print(lines, await logPrinter(nodes));
    return { name, lines: kept };
  }

  /** They are printed by then. */
  override render(): undefined {
    return undefined;
  }

  async #print(lines: AsyncIterable<LogLine>, print: (line: LogLine) => string): Promise<void> {
    let texts: string[] = [];
    for await (const line of lines) {
      texts.push(print(line));
      if (texts.length < LINES_AT_ONCE) continue;
      await this.write(texts.join(''));
      texts = [];
    }
    await this.write(texts.join(''));
  }
}
