import path from 'node:path';
import { UsageError } from '../../errors/index.js';
import {
  copyEvidence,
  findSnapshot,
  mustBeNew,
  type ShownSnapshot,
  showEvidenceFile,
  showSnapshot,
} from '../../snapshot/index.js';
import { Args, BaseCommand, Flags } from '../../ui/index.js';
import { shownSnapshot } from '../../views/index.js';
import { openEngines } from '../../wiring/index.js';

type Shown =
  | ShownSnapshot
  | { readonly file: string; readonly content: string }
  | { readonly name: string; readonly evidenceFile: string };

export default class SnapshotsShow extends BaseCommand<Shown> {
  static override summary = 'Show what a snapshot holds, without restoring it; or one file of its evidence.';
  static override examples = [
    '<%= config.bin %> snapshots show bug-123',
    '<%= config.bin %> snapshots show bug-123 master1/views/jvm/namenode.1015.threads.txt',
    '<%= config.bin %> snapshots show bug-123 -o bug-123.tar.zst',
  ];
  // The container that the evidence is read from is removed again.
  static override undoesOnInterrupt = true;
  static override args = {
    snapshot: Args.string({ required: true, description: 'name of the snapshot' }),
    file: Args.string({ description: 'print this file of the evidence; the beginning of its path will do' }),
  };
  static override flags = {
    evidence: Flags.string({ char: 'o', description: 'copy the whole evidence into this file' }),
    force: Flags.boolean({ char: 'f', description: 'replace that file', dependsOn: ['evidence'] }),
  };

  protected override readonly texts = ['content'];

  async run(): Promise<Shown> {
    const { args, flags } = await this.parse(SnapshotsShow);
    const target = flags.evidence === undefined ? undefined : path.resolve(flags.evidence);
    if (target !== undefined && args.file !== undefined) {
      throw new UsageError('one file, or all of the evidence', 'leave FILE or --evidence out');
    }
    const { values } = await this.loadConfig();
    if (target !== undefined) await mustBeNew(target, flags.force);
    const engines = await openEngines(values);
    const engine = engines.on(engines.home);
    const snapshot = await findSnapshot(engine, args.snapshot);
    if (args.file !== undefined) return showEvidenceFile(engine, snapshot, args.file);
    if (target === undefined) return showSnapshot(engine, snapshot);
    await copyEvidence(engine, snapshot, target);
    return { name: snapshot.name, evidenceFile: target };
  }

  override render(shown: Shown): string | Promise<string> {
    if ('content' in shown) return shown.content.replace(/\n$/, '');
    if ('evidenceFile' in shown) return `The evidence of snapshot ${shown.name} is in ${shown.evidenceFile}.`;
    return shownSnapshot(shown);
  }

  override names(shown: Shown): string[] {
    if ('content' in shown) return [shown.file];
    return 'evidenceFile' in shown ? [shown.evidenceFile] : shown.files.map((file) => file.path);
  }
}
