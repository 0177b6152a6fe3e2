import path from 'node:path';
import type { Engines } from '../engine/index.js';
import { NotFoundError, UsageError } from '../errors/index.js';
import type { WrittenEvidence } from '../evidence/index.js';
import { findSandbox, findSandboxes, type SandboxRecord } from '../sandbox/index.js';
import {
  collectEvidence,
  copyEvidence,
  findSnapshot,
  lookForSnapshot,
  type Manifest,
  mustBeNew,
} from '../snapshot/index.js';
import { Args, BaseCommand, bytes, Flags, prose, sandboxFlag } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Collected extends WrittenEvidence {
  /** A sandbox of that name wins over a snapshot. */
  readonly source: 'sandbox' | 'snapshot';
  readonly name: string;
  readonly file: string;
  readonly problems: readonly string[];
}

/** What redaction cannot see. */
const LOOK_FIRST =
  'Secrets are known by their names and by the forms of keys and tokens: look for others before you give it away.';

export default class Collect extends BaseCommand<Collected> {
  static override summary = 'Write the evidence (logs, stacks, config) into one file.';
  static override description =
    'The evidence is the diagnostics that a bug report needs: states, thread stacks, config as planned and as it is, logs of every node. Of a sandbox as they are now, also when it is broken; secrets are replaced. Of a snapshot as they were taken. If there are both, of the sandbox, unless --snapshot is given. The file unpacks into a folder of its own.';
  static override examples = [
    '<%= config.bin %> collect',
    '<%= config.bin %> collect demo -o demo.tar.zst',
    '<%= config.bin %> collect bug-123 --snapshot',
    'tar -I zstd -tf demo.tar.zst',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    name: Args.string({ description: 'name of a sandbox or snapshot; your only sandbox by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    snapshot: Flags.boolean({
      exclusive: ['sandbox'],
      description: 'of the snapshot NAME, also if a sandbox has this name',
    }),
    output: Flags.string({ char: 'o', description: 'file to write; NAME-evidence.tar.zst by default' }),
    force: Flags.boolean({ char: 'f', description: 'replace that file' }),
    redact: Flags.boolean({ default: true, allowNo: true, description: 'replace secrets' }),
  };

  #isRedacted = true;

  async run(): Promise<Collected> {
    const { args, flags } = await this.parse(Collect);
    if (flags.snapshot && args.name === undefined) {
      throw new UsageError(
        '--snapshot needs a name',
        'bdsandbox collect NAME --snapshot; names: bdsandbox snapshots ls',
      );
    }
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const found =
      args.name === undefined
        ? await findSandbox(engines, flags.sandbox, values.owner)
        : await this.#sandboxOrSnapshot(engines, args.name, flags.snapshot);
    const { name } = isSnapshot(found) ? found : found.sandbox;
    const file = path.resolve(flags.output ?? `${name}-evidence.tar.zst`);
    await mustBeNew(file, flags.force);
    if (isSnapshot(found)) return this.#ofSnapshot(engines, found, file, flags.redact);
    const context = { engines, report: this.report, signal: this.signal };
    const collected = await collectEvidence(context, found, { target: file, redact: flags.redact });
    this.#isRedacted = flags.redact;
    return { source: 'sandbox', name, file, ...collected };
  }

  /** @throws NotFoundError */
  async #sandboxOrSnapshot(engines: Engines, name: string, onlySnapshot: boolean): Promise<SandboxRecord | Manifest> {
    if (onlySnapshot) return findSnapshot(engines.on(engines.home), name);
    const sandbox = (await findSandboxes(engines)).find((each) => each.sandbox.name === name);
    // One that cannot be read is no reason against the sandbox.
    const asked = lookForSnapshot(engines.on(engines.home), name);
    const snapshot = await (sandbox ? asked.catch(() => undefined) : asked);
    if (sandbox && snapshot) {
      const message = `${name} is a sandbox and a snapshot: this is of the sandbox, now; of the snapshot: bdsandbox collect ${name} --snapshot`;
      this.report({ type: 'notice', level: 'warning', message });
    }
    const found = sandbox ?? snapshot;
    if (found) return found;
    throw new NotFoundError(
      `there is no sandbox and no snapshot ${name}`,
      'see bdsandbox ls -a and bdsandbox snapshots ls -a',
    );
  }

  async #ofSnapshot(engines: Engines, snapshot: Manifest, file: string, redact: boolean): Promise<Collected> {
    if (!redact) {
      const message = 'the evidence of a snapshot is as it was taken: --no-redact belongs to bdsandbox snapshot';
      this.report({ type: 'notice', level: 'warning', message });
    }
    const written = await copyEvidence(engines.on(engines.home), snapshot, file);
    return { source: 'snapshot', name: snapshot.name, file, problems: [], ...written };
  }

  override render({ source, name, file, files, bytes: size, redacted, problems }: Collected): string {
    return [
      `The evidence of ${source} ${name} is in ${file}: ${files} files, ${bytes(size)}, ${redacted} secrets replaced.`,
      prose(this.#isRedacted ? LOOK_FIRST : 'No secret was replaced: whoever gets it can read them.'),
      ...(problems.length === 0 ? [] : ['', 'What is missing:', ...problems.map((problem) => `  ${problem}`)]),
    ].join('\n');
  }

  override names({ file }: Collected): string[] {
    return [file];
  }
}

function isSnapshot(found: SandboxRecord | Manifest): found is Manifest {
  return 'plan' in found;
}
