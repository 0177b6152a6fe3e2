import { type Pruned, prune } from '../sandbox/index.js';
import { pruneGoldens, pruneSnapshots } from '../snapshot/index.js';
import { BaseCommand } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface AllPruned extends Pruned {
  /** Names of those that were never finished. */
  readonly snapshots: readonly string[];
  /** Names of golden snapshots that no create can begin with any more. */
  readonly goldens: readonly string[];
}

export default class Prune extends BaseCommand<AllPruned> {
  static override summary = 'Remove what killed commands left behind, and what is of no use any more.';
  static override description =
    'Half-made sandboxes and snapshots whose command is no longer running, networks and volumes that belong to none, and golden snapshots whose image is gone. Finished sandboxes and snapshots stay.';
  static override examples = ['<%= config.bin %> prune'];

  async run(): Promise<AllPruned> {
    await this.parse(Prune);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    // First: a half-made snapshot holds the volume of its sandbox.
    const snapshots = await pruneSnapshots(engines);
    const goldens = await pruneGoldens(engines);
    return { ...(await prune(engines)), snapshots, goldens };
  }

  override render({ halfMade, orphans, snapshots, goldens }: AllPruned): string {
    const lines = [
      ...snapshots.map((name) => `Removed half-made snapshot ${name}.`),
      ...goldens.map((name) => `Removed ${name}, whose image is gone.`),
      ...halfMade.map((name) => `Removed half-made ${name}.`),
      ...orphans.map((name) => `Removed ${name}.`),
    ];
    return lines.length === 0 ? 'Nothing to remove.' : lines.join('\n');
  }

  override names({ halfMade, orphans, snapshots, goldens }: AllPruned): string[] {
    return [...snapshots, ...goldens, ...halfMade, ...orphans];
  }
}
