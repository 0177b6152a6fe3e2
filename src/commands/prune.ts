import { type Pruned, prune } from '../sandbox/index.js';
import { BaseCommand } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

export default class Prune extends BaseCommand<Pruned> {
  static override summary = 'Remove what killed commands left behind.';
  static override description =
    'Half-made sandboxes whose create is no longer running, and networks and volumes that belong to none. Finished sandboxes stay.';
  static override examples = ['<%= config.bin %> prune'];

  async run(): Promise<Pruned> {
    await this.parse(Prune);
    const { values } = await this.loadConfig();
    return prune(await openEngines(values));
  }

  override render({ halfMade, orphans }: Pruned): string {
    if (halfMade.length + orphans.length === 0) return 'Nothing to remove.';
    return [...halfMade.map((name) => `Removed half-made ${name}.`), ...orphans.map((name) => `Removed ${name}.`)].join(
      '\n',
    );
  }

  override names({ halfMade, orphans }: Pruned): string[] {
    return [...halfMade, ...orphans];
  }
}
