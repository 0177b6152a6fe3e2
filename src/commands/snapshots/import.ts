import { type ImportedSnapshot, importSnapshot } from '../../snapshot/index.js';
import { Args, BaseCommand, Flags } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

export default class SnapshotsImport extends BaseCommand<ImportedSnapshot> {
  static override summary = 'Take a snapshot from a file that bdsandbox snapshots export wrote.';
  static override description =
    'The whole file is checked before anything is touched. Its sandboxes start from their files, with the rights of any container, unless you trust who made it.';
  static override examples = [
    '<%= config.bin %> snapshots import bug-123.tar.zst',
    '<%= config.bin %> snapshots import bug-123.tar.zst --as theirs --trust',
  ];
  static override undoesOnInterrupt = true;
  static override args = { file: Args.string({ required: true, description: 'the file' }) };
  static override flags = {
    as: Flags.string({ description: 'its name here; that in the file by default' }),
    trust: Flags.boolean({
      description: 'restore it with its memory, and with rights by which its programs could reach this machine',
    }),
  };

  async run(): Promise<ImportedSnapshot> {
    const { args, flags } = await this.parse(SnapshotsImport);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    return importSnapshot(
      { engines, report: this.report, signal: this.signal },
      {
        file: args.file,
        as: flags.as,
        trust: flags.trust,
      },
    );
  }

  override render({ snapshot, file, already }: ImportedSnapshot): string {
    if (already) return `${snapshot} is here already.`;
    return `Imported ${snapshot} from ${file}.\n\nTry next: bdsandbox restore ${snapshot}`;
  }

  override names({ snapshot }: ImportedSnapshot): string[] {
    return [snapshot];
  }
}
