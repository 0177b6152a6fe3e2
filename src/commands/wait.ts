import { parseDuration } from '../config/index.js';
import { NotFoundError } from '../errors/index.js';
import { findSandbox, parseCondition, type Waited, waitForSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, sandboxFlag } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

export default class Wait extends BaseCommand<Waited> {
  static override summary = 'Wait until a sandbox, or a service of it, is as you need it.';
  static override description =
    'ready: every service answers; running, stopped: all nodes are; gone: it was destroyed; service=NAME: that one answers, on every node that has it; service=NODE/NAME on one node; service=NAME=stopped: it was stopped. Ends with 0 when each was reached, with 69 when the time is over, and with 1 as soon as one cannot be reached any more.';
  static override examples = [
    '<%= config.bin %> wait demo',
    '<%= config.bin %> wait demo --for service=namenode --for service=hmaster',
    '<%= config.bin %> wait demo --for gone',
  ];
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'name of the sandbox; your only one by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    for: Flags.string({
      multiple: true,
      default: ['ready'],
      description: 'ready, running, stopped, gone or service=[NODE/]NAME[=ready|stopped]; several: all of them',
    }),
    timeout: Flags.string({ default: '5m', description: 'how long to wait' }),
  };

  async run(): Promise<Waited> {
    const { args, flags } = await this.parse(Wait);
    const conditions = [...new Set(flags.for)].map(parseCondition);
    const timeoutMs = parseDuration(flags.timeout);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const name = args.sandbox ?? flags.sandbox;
    const record = await findSandbox(engines, name, values.owner).catch((error: unknown) => {
      const isAim = name !== undefined && conditions.every(({ kind }) => kind === 'gone');
      if (error instanceof NotFoundError && isAim) return undefined;
      throw error;
    });
    if (!record) return { name: name ?? '', reached: ['gone'], timings: { gone: 0, total: 0 } };
    return waitForSandbox({ engines, report: this.report, signal: this.signal }, record, { conditions, timeoutMs });
  }

  override render({ name, reached }: Waited): string {
    return `${name}: ${reached.join(', ')}.`;
  }

  override names({ name }: Waited): string[] {
    return [name];
  }
}
