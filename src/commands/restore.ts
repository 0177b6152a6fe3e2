import type { RestoredSandbox, Snapshot } from '../snapshot/index.js';
import { Args, askLine, BaseCommand, Flags, isInteractive, newSandboxFlags } from '../ui/index.js';
import { sandboxSummary } from '../views/index.js';
import { openEngines, restoreByName } from '../wiring/index.js';

export default class Restore extends BaseCommand<RestoredSandbox> {
  static override summary = 'Put a snapshot back, as a sandbox of its own beside whatever runs.';
  static override description =
    'With its memory where this engine can do it: every process goes on where it was. Else the services start from their files, as do those of a snapshot from a file or a registry that nobody said to trust. A snapshot that is not here is pulled from the registry first. NAME is by default the name of the snapshot, then -2, -3, ...';
  static override examples = [
    '<%= config.bin %> restore bug-123',
    '<%= config.bin %> restore bug-123 look --ttl 8h',
    '<%= config.bin %> restore bug-123 --mode cold',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    snapshot: Args.string({ required: true, description: 'name of the snapshot (bdsandbox snapshots ls)' }),
    name: Args.string({ description: 'name of the new sandbox: 1 to 40 of a-z, 0-9 and -' }),
  };
  static override flags = {
    mode: Flags.string({
      options: ['auto', 'live', 'cold'],
      default: 'auto',
      description: 'live with the memory; cold from the files; auto takes live where it can',
    }),
    trust: Flags.boolean({
      description:
        'also one from a file: with its memory, and with rights by which its programs could reach this machine',
    }),
    ...newSandboxFlags,
    wait: Flags.boolean({ default: true, allowNo: true, description: 'wait until every service answers' }),
    keep: Flags.boolean({ description: 'keep the sandbox when a service does not answer, to look inside' }),
  };

  async run(): Promise<RestoredSandbox> {
    const { args, flags } = await this.parse(Restore);
    const { values } = await this.loadConfig({
      owner: flags.owner,
      ttl: flags.ttl,
      timeout: flags.timeout,
      'publish.address': flags['publish-address'],
    });
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    const context = { engines: () => openEngines(values), report: this.report, signal: this.signal };
    return restoreByName(context, values, {
      snapshot: args.snapshot,
      name: args.name,
      user: await this.user(),
      mode: flags.mode as 'auto' | 'live' | 'cold',
      trust: async (snapshot) => flags.trust || (flags.mode !== 'cold' && (await this.#asks(snapshot))),
      publish: flags.publish ?? [],
      keep: flags.keep,
      wait: flags.wait,
    });
  }

  async #asks({ name, origin }: Snapshot): Promise<boolean> {
    if (!isInteractive() || this.jsonEnabled()) return false;
    const from = origin === 'here' ? 'is of a sandbox that came from elsewhere' : `came from a ${origin}`;
    const question = `${name} ${from}. Trust it, and restore it with its memory? Its programs could reach this machine then. [y/N] `;
    return /^y(es)?$/i.test((await askLine({ question, flag: '--trust' })).trim());
  }

  override render(sandbox: RestoredSandbox): Promise<string> {
    return sandboxSummary(sandbox);
  }

  override names({ name }: RestoredSandbox): string[] {
    return [name];
  }
}
