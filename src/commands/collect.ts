import path from 'node:path';
import type { Engines } from '../engine/index.js';
import { NotFoundError } from '../errors/index.js';
import type { WrittenEvidence } from '../evidence/index.js';
import { findSandbox, findSandboxes, type SandboxRecord } from '../sandbox/index.js';
import { collectEvidence, copyEvidence, lookForSnapshot, type Manifest, mustBeNew } from '../snapshot/index.js';
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
  static override summary = 'Write the evidence of a sandbox or snapshot into one file.';
  static override description =
    'Of a sandbox: states, thread stacks, config as planned and as it is, logs of every node, now, also when it is broken; secrets are replaced. Of a snapshot: the evidence as it was taken. If there are both, the sandbox.';
  static override examples = [
    '<%= config.bin %> collect',
    '<%= config.bin %> collect demo -o demo.tar.zst',
    '<%= config.bin %> collect bug-123',
    'tar -I zstd -tf demo.tar.zst',
  ];
  static override undoesOnInterrupt = true;
  static override args = {
    name: Args.string({ description: 'name of a sandbox or snapshot; your only sandbox by default' }),
  };
  static override flags = {
    sandbox: sandboxFlag,
    output: Flags.string({ char: 'o', description: 'file to write; NAME-evidence.tar.zst by default' }),
    force: Flags.boolean({ char: 'f', description: 'replace that file' }),
    redact: Flags.boolean({ default: true, allowNo: true, description: 'replace secrets' }),
  };

  async run(): Promise<Collected> {
    const { args, flags } = await this.parse(Collect);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const found =
      args.name === undefined
        ? await findSandbox(engines, flags.sandbox, values.owner)
        : await sandboxOrSnapshot(engines, args.name);
    const { name } = isSnapshot(found) ? found : found.sandbox;
    const file = path.resolve(flags.output ?? `${name}-evidence.tar.zst`);
    await mustBeNew(file, flags.force);
    if (isSnapshot(found)) return this.#ofSnapshot(engines, found, file, flags.redact);
    const context = { engines, report: this.report, signal: this.signal };
    const collected = await collectEvidence(context, found, { target: file, redact: flags.redact });
    return { source: 'sandbox', name, file, ...collected };
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
      prose(LOOK_FIRST),
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

/** @throws NotFoundError */
async function sandboxOrSnapshot(engines: Engines, name: string): Promise<SandboxRecord | Manifest> {
  const sandbox = (await findSandboxes(engines)).find((each) => each.sandbox.name === name);
  // A snapshot of that name may be one that cannot be read.
  const found = sandbox ?? (await lookForSnapshot(engines.on(engines.home), name));
  if (found) return found;
  throw new NotFoundError(
    `there is no sandbox and no snapshot ${name}`,
    'see bdsandbox ls -a and bdsandbox snapshots ls -a',
  );
}
