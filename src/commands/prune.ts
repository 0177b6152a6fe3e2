import { type Pruned, prune } from '../sandbox/index.js';
import { pruneSnapshots } from '../snapshot/index.js';
import { BaseCommand } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface AllPruned extends Pruned {
  /** Names of those that were never finished. */
  readonly snapshots: readonly string[];
}

export default class Prune extends BaseCommand<AllPruned> {
  static override summary = 'Remove what killed commands left behind.';
  static override description =
    'Half-made sandboxes and snapshots whose command is no longer running, and networks and volumes that belong to none. Finished sandboxes and snapshots stay.';
  static override examples = ['<%= config.bin %> prune'];

  async run(): Promise<AllPruned> {
    await this.parse(Prune);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    // First: a half-made snapshot holds the volume of its sandbox.
    const snapshots = await pruneSnapshots(engines);
    return { ...(await prune(engines)), snapshots };
  }

  override render({ halfMade, orphans, snapshots }: AllPruned): string {
    const lines = [
      ...snapshots.map((name) => `Removed half-made snapshot ${name}.`),
      ...halfMade.map((name) => `Removed half-made ${name}.`),
      ...orphans.map((name) => `Removed ${name}.`),
    ];
    return lines.length === 0 ? 'Nothing to remove.' : lines.join('\n');
  }

  override names({ halfMade, orphans, snapshots }: AllPruned): string[] {
    return [...snapshots, ...halfMade, ...orphans];
  }
}
