import { destroyExpired, type Pruned, prune, sweepExpired } from '../sandbox/index.js';
import { pruneGoldens, pruneSnapshots } from '../snapshot/index.js';
import { BaseCommand, Flags } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface AllPruned extends Pruned {
  /** Names of those that were never finished. */
  readonly snapshots: readonly string[];
  /** Names of golden snapshots that no create can begin with any more. */
  readonly goldens: readonly string[];
  /** Names of sandboxes whose time was over; empty without --expired, where a notice tells them. */
  readonly expired: readonly string[];
}

export default class Prune extends BaseCommand<AllPruned> {
  static override summary = 'Remove what killed commands left, and what is of no use now.';
  static override description =
    'Half-made sandboxes and snapshots whose command is no longer running, networks and volumes that belong to none, and golden snapshots whose image is gone. Finished sandboxes and snapshots stay, but for sandboxes of yours whose time (--ttl) is over.';
  static override examples = [
    '<%= config.bin %> prune',
    '<%= config.bin %> prune --expired --quiet',
    '<%= config.bin %> prune --expired --all-owners --quiet',
  ];
  static override flags = {
    expired: Flags.boolean({ description: 'name sandboxes whose time is over among what was removed: for cron' }),
    'all-owners': Flags.boolean({ char: 'a', dependsOn: ['expired'], description: "everyone's, not only yours" }),
  };

  async run(): Promise<AllPruned> {
    const { flags } = await this.parse(Prune);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    // First: a half-made snapshot holds the volume of its sandbox.
    const snapshots = await pruneSnapshots(engines);
    const goldens = await pruneGoldens(engines);
    const pruned = await prune(engines);
    const owner = flags['all-owners'] ? undefined : values.owner;
    if (!flags.expired) await sweepExpired(engines, { owner }, this.report);
    const expired = flags.expired ? await destroyExpired(engines, { owner }, this.report) : [];
    return { ...pruned, snapshots, goldens, expired };
  }

  override render({ halfMade, orphans, renamed, snapshots, goldens, expired }: AllPruned): string {
    const lines = [
      ...snapshots.map((name) => `Removed half-made snapshot ${name}.`),
      ...goldens.map((name) => `Removed ${name}, whose image is gone.`),
      ...halfMade.map((name) => `Removed half-made ${name}.`),
      ...orphans.map((name) => `Removed ${name}.`),
      ...renamed.map((name) => `Finished the rename to ${name}.`),
      ...expired.map((name) => `Destroyed ${name}, whose time was over.`),
    ];
    return lines.length === 0 ? 'Nothing to remove.' : lines.join('\n');
  }

  override names({ halfMade, orphans, snapshots, goldens, expired }: AllPruned): string[] {
    return [...snapshots, ...goldens, ...halfMade, ...orphans, ...expired];
  }
}
