import { findSandboxes, type Sandbox } from '../sandbox/index.js';
import { BaseCommand, Flags } from '../ui/index.js';
import { sandboxTable } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Listed {
  readonly sandboxes: readonly Sandbox[];
}

export default class Ls extends BaseCommand<Listed> {
  static override summary = 'List your sandboxes.';
  static override examples = ['<%= config.bin %> ls', '<%= config.bin %> ls -a', '<%= config.bin %> ls -q'];
  static override flags = {
    'all-owners': Flags.boolean({ char: 'a', description: "everyone's, not only yours" }),
    owner: Flags.string({ description: "this owner's" }),
  };

  async run(): Promise<Listed> {
    const { flags } = await this.parse(Ls);
    const { values } = await this.loadConfig({ owner: flags.owner });
    const engines = await openEngines(values);
    const records = await findSandboxes(engines, flags['all-owners'] ? undefined : values.owner);
    return { sandboxes: records.map(({ sandbox }) => sandbox) };
  }

  override render({ sandboxes }: Listed): Promise<string> {
    return sandboxTable(sandboxes);
  }

  override names({ sandboxes }: Listed): string[] {
    return sandboxes.map(({ name }) => name);
  }
}
