import { followSandboxEvents, parseSince, readSandboxEvents, type SandboxEvent } from '../look/index.js';
import { findSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, prose, sandboxFlag } from '../ui/index.js';
import { eventLine } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Happened {
  readonly name: string;
  readonly events: readonly SandboxEvent[];
}

/** How many there are where nobody says from when. */
const LAST = 200;

export default class Events extends BaseCommand<Happened> {
  static override summary = 'Show what happened to a sandbox, in the order of time.';
  static override description =
    'What was done to it through bdsandbox, and what its nodes noted themselves: starts and ends of services. The last 200 without --since; works on stopped nodes too. With --follow until Ctrl-C (exit code 130).';
  static override examples = [
    '<%= config.bin %> events',
    '<%= config.bin %> events demo --since 1h',
    '<%= config.bin %> events demo -f --json',
  ];
  static override args = { sandbox: Args.string({ description: 'name of the sandbox; your only one by default' }) };
  static override flags = {
    sandbox: sandboxFlag,
    follow: Flags.boolean({ char: 'f', description: 'go on with what happens' }),
    since: Flags.string({ description: 'not older: 10m, 2h, or a time (2026-01-31T12:00, UTC)' }),
  };

  async run(): Promise<Happened> {
    const { args, flags } = await this.parse(Events);
    const since = flags.since === undefined ? undefined : parseSince(flags.since);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, args.sandbox ?? flags.sandbox, values.owner);
    const { name } = record.sandbox;
    const context = { engines, report: this.report, signal: this.signal };
    const request = { since, last: since === undefined ? LAST : undefined };
    if (!flags.follow) return { name, events: await readSandboxEvents(context, record, request) };
    this.follows = true;
    for await (const event of followSandboxEvents(context, record, request)) {
      await (this.jsonEnabled() ? this.writeJson(event) : this.write(`${eventLine(event)}\n`));
    }
    return { name, events: [] };
  }

  override render({ events }: Happened): string {
    return events.length === 0
      ? 'Nothing is recorded.'
      : events.map((event) => prose(eventLine(event), { indent: 4 })).join('\n');
  }

  override names({ events }: Happened): string[] {
    return events.map(eventLine);
  }
}
