import { UsageError } from '../errors/index.js';
import { type Copied, copyFiles, exactWords } from '../sandbox/index.js';
import { Args, BaseCommand, bytes, Flags } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

export default class Cp extends BaseCommand<Copied> {
  static override summary = 'Copy files and folders into a sandbox, out of it, or between two.';
  static override description =
    'One side at least is SANDBOX[/NODE]:PATH; NODE is the first node by default, and :PATH alone is in your only sandbox. A path is in the container, not in HDFS. As with docker cp: into a folder that is there, else under the new name; FOLDER/. is what is in a folder; - is a tar on standard input or output. A file here whose name has a colon is written as ./NAME. Works on stopped sandboxes too, but for what only a running node has mounted (/dev/shm).';
  static override usage = 'cp SRC... DST';
  static override examples = [
    '<%= config.bin %> cp job.jar demo:/tmp/',
    '<%= config.bin %> cp demo/worker1:/var/log/bdsandbox logs',
    '<%= config.bin %> cp demo:/etc/hadoop/. ./conf',
    '<%= config.bin %> cp demo:/data - | tar -t',
    '<%= config.bin %> cp demo:/tmp/a other/worker1:/tmp/',
  ];
  static override undoesOnInterrupt = true;
  static override strict = false;
  static override args = {
    place: Args.string({ ignoreStdin: true, description: 'from where, and in the end to where' }),
  };
  static override flags = {
    'follow-link': Flags.boolean({ char: 'L', description: 'copy what links in SRC lead to' }),
  };

  #isArchive = false;

  async run(): Promise<Copied> {
    const { argv, flags } = await this.parse(Cp, [...exactWords(this.argv)]);
    const words = argv.map(String);
    this.#isArchive = words.at(-1) === '-';
    if (this.#isArchive && this.jsonEnabled()) {
      throw new UsageError('standard output has the archive, or JSON', 'leave out --json, or copy into a file');
    }
    if (this.#isArchive && process.stdout.isTTY) {
      throw new UsageError('an archive is nothing for a terminal', 'write it to a file or a pipe: > FILE.tar');
    }
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const { stdin: input, stdout: output } = process;
    const request = { words, owner: values.owner, followLinks: flags['follow-link'], input, output };
    const copied = await copyFiles({ engines, report: this.report, signal: this.signal }, request);
    if (copied.skipped.length > 0) {
      const message = `left out, since they are no files: ${copied.skipped.join(', ')}`;
      this.report({ type: 'notice', level: 'warning', message });
    }
    return copied;
  }

  override render({ from, to, bytes: size }: Copied): string | undefined {
    return this.#isArchive ? undefined : `Copied ${from.join(', ')} to ${to}, ${bytes(size)}.`;
  }

  override names({ from }: Copied): readonly string[] {
    return this.#isArchive ? [] : from;
  }
}
