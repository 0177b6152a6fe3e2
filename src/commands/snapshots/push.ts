import { isEmbedded } from '../../config/index.js';
import { findSnapshot, type PushedSnapshot, pushSnapshot } from '../../snapshot/index.js';
import { Args, BaseCommand, bytes, confirmByTyping, Flags } from '../../ui/index.js';
import { secretsQuestion } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

export default class SnapshotsPush extends BaseCommand<PushedSnapshot> {
  static override summary = 'Push a snapshot to the private registry, for others to pull.';
  static override description =
    'Only what the registry does not have travels; memory is packed. Nobody sees the snapshot before all of it is there. The memory of a live one holds every secret that its processes held: asks, unless --yes is given.';
  static override examples = [
    '<%= config.bin %> snapshots push bug-123',
    '<%= config.bin %> snapshots push bug-123 --yes',
    '<%= config.bin %> snapshots push bug-123 --as bug-123-again',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    snapshot: Args.string({ required: true, description: 'name of the snapshot (bdsandbox snapshots ls)' }),
  };
  static override flags = {
    as: Flags.string({ description: 'its name in the registry; the same by default' }),
    force: Flags.boolean({ char: 'f', description: 'replace another snapshot of that name, and send again' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask about secrets in memory' }),
    trust: Flags.boolean({ description: 'also one that came from elsewhere and is not trusted here' }),
  };

  async run(): Promise<PushedSnapshot> {
    const { args, flags } = await this.parse(SnapshotsPush);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const snapshot = await findSnapshot(engines.on(engines.home), args.snapshot);
    this.#local = snapshot.name;
    if (snapshot.mode === 'live' && !flags.yes) {
      await confirmByTyping({
        name: snapshot.name,
        question: secretsQuestion(`can pull from ${values.registry}`),
        flag: '--yes',
      });
    }
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    return pushSnapshot({ engines, report: this.report, signal: this.signal }, snapshot, {
      registry: values.registry,
      as: flags.as,
      force: flags.force,
      trust: flags.trust,
    });
  }

  #local = '';

  override render({ snapshot, registry, already, bytes: size }: PushedSnapshot): string {
    if (already) return `${snapshot} is in ${registry} already.`;
    const done = `Pushed ${snapshot} to ${registry}: ${bytes(size)} beside its software.\n\n`;
    if (!isEmbedded(registry)) return `${done}Elsewhere: bdsandbox restore ${snapshot}`;
    return `${done}This registry serves this machine alone. For others: bdsandbox snapshots export ${this.#local}; or push it to\none that all of you reach: BDSANDBOX_REGISTRY=HOST:PORT bdsandbox snapshots push ${this.#local}`;
  }

  override names({ snapshot }: PushedSnapshot): string[] {
    return [snapshot];
  }
}
