import { type ExportedSnapshot, exportSnapshot, findSnapshot } from '../../snapshot/index.js';
import { Args, BaseCommand, bytes, confirmByTyping, Flags } from '../../ui/index.js';
import { secretsQuestion } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

export default class SnapshotsExport extends BaseCommand<ExportedSnapshot> {
  static override summary = 'Write a snapshot into one file, with the software it runs on.';
  static override description =
    'For machines that share no registry. The memory of a live snapshot holds every secret that its processes held: asks, unless --yes is given.';
  static override examples = [
    '<%= config.bin %> snapshots export bug-123',
    '<%= config.bin %> snapshots export bug-123 -o /mnt/usb/bug-123.tar.zst --yes',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    snapshot: Args.string({ required: true, description: 'name of the snapshot (bdsandbox snapshots ls)' }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', description: 'the file; NAME.tar.zst by default' }),
    force: Flags.boolean({ char: 'f', description: 'replace a file of that name' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask about secrets in memory' }),
  };

  async run(): Promise<ExportedSnapshot> {
    const { args, flags } = await this.parse(SnapshotsExport);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const snapshot = await findSnapshot(engines.on(engines.home), args.snapshot);
    if (snapshot.mode === 'live' && !flags.yes) {
      await confirmByTyping({
        name: snapshot.name,
        question: secretsQuestion('gets the file'),
        flag: '--yes',
      });
    }
    this.onSecondInterrupt = () => ['what is left of it is removed by: bdsandbox prune'];
    return exportSnapshot({ engines, report: this.report, signal: this.signal }, snapshot, {
      file: flags.output ?? `${snapshot.name}.tar.zst`,
      force: flags.force,
    });
  }

  override render({ snapshot, file, bytes: size }: ExportedSnapshot): string {
    return `Exported ${snapshot} to ${file}: ${bytes(size)}.\n\nElsewhere: bdsandbox snapshots import FILE`;
  }

  override names({ file }: ExportedSnapshot): string[] {
    return [file];
  }
}
