import { parseDuration } from '../config/index.js';
import type { Engines } from '../engine/index.js';
import { UsageError } from '../errors/index.js';
import {
  findSandbox,
  inspectWithFigures,
  type SandboxRecord,
  type SandboxStatus,
  watchSandbox,
} from '../sandbox/index.js';
import { Args, BaseCommand, Flags, liveScreen, sandboxFlag } from '../ui/index.js';
import { sandboxStatus, watchPrinter, watchScreen } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

/** A look costs the nodes some milliseconds of processor time. */
const SHORTEST_MS = 500;

export default class Status extends BaseCommand<SandboxStatus> {
  static override summary = 'Show the nodes of a sandbox, and what each service says of itself.';
  static override description =
    'With --watch a screen that is kept up to date, until q, Esc or Ctrl-C (exit code 130), or until the sandbox is stopped or destroyed; where standard output is no terminal, lines.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status demo --json',
    '<%= config.bin %> status demo --watch',
    '<%= config.bin %> status demo --watch --interval 30s >> demo.log',
  ];
  static override args = { sandbox: Args.string({ description: 'name of the sandbox; your only one by default' }) };
  static override flags = {
    sandbox: sandboxFlag,
    watch: Flags.boolean({ char: 'w', description: 'keep looking' }),
    interval: Flags.string({ description: 'with --watch: how often; 2s by default', dependsOn: ['watch'] }),
  };

  async run(): Promise<SandboxStatus> {
    const { args, flags } = await this.parse(Status);
    const intervalMs = parseDuration(flags.interval ?? '2s');
    if (intervalMs < SHORTEST_MS)
      throw new UsageError(`--interval ${flags.interval} is too short`, 'give it 500ms or more');
    if (flags.watch && (this.jsonEnabled() || flags.quiet)) {
      throw new UsageError(
        '--watch is for people, and has neither --json nor --quiet',
        'in scripts: bdsandbox wait, bdsandbox events --follow --json, or bdsandbox status --json again',
      );
    }
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await findSandbox(engines, args.sandbox ?? flags.sandbox, values.owner);
    if (flags.watch) await this.#watch(engines, record, intervalMs);
    return flags.watch ? { ...record.sandbox, machines: [], figures: [] } : inspectWithFigures(engines, record);
  }

  override render(sandbox: SandboxStatus): Promise<string> {
    return sandboxStatus(sandbox);
  }

  override names({ name }: SandboxStatus): string[] {
    return [name];
  }

  async #watch(engines: Engines, record: SandboxRecord, intervalMs: number): Promise<void> {
    this.follows = true;
    let end: string | undefined;
    {
      using screen = liveScreen({ frame: watchScreen, lines: watchPrinter() }, this.signal);
      const signal = AbortSignal.any([this.signal, screen.left]);
      end = await watchSandbox(engines, record, { intervalMs, signal, onSight: (sight) => screen.show(sight) }).catch(
        (error: unknown) => {
          if (!screen.left.aborted) throw error;
          return undefined;
        },
      );
    }
    if (end !== undefined) await this.write(`${record.sandbox.name} was ${end}.\n`);
  }
}
