import { posix } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import type { ContainerSummary, Containers, Engines } from '../../engine/index.js';
import { ConflictError, DiskFullError, FailedError, NotFoundError } from '../../errors/index.js';
import { execBare } from '../exec.js';
import { findSandbox, nodeOf } from '../inventory.js';
import { bytesOf, shown, textOf } from './names.js';
import type { Place } from './place.js';
import type { Found, Side } from './target.js';

export type NodePlace = Extract<Place, { kind: 'node' }>;

/** What is at a path. */
export interface Seen {
  /** A link is one. */
  readonly kind: Found['kind'] | 'link';
  /** Links lead there before the last part. */
  readonly path: string;
  /** Where all links lead. */
  readonly end: Found;
}

/** Perl, which is in every Debian, since its words are bytes: those of an engine's call are UTF-8. */
const LOOK = `use Cwd 'abs_path';
sub kind { -d _ ? 'folder' : -f _ ? 'file' : 'other' }
sub say { print join(' ', map { unpack 'H*', $_ } @_), "\\n" }
my $path = pack 'H*', $ARGV[0];
my ($dir, $name) = $path =~ m{^(.*)/([^/]*)$};
my $above = abs_path($dir eq '' ? '/' : $dir);
my $self = !defined $above ? $path : $name eq '' ? '/' : ($above eq '/' ? '' : $above) . "/$name";
my $kind = !(defined $above && lstat $self) ? 'none' : -l _ ? 'link' : kind();
my $end = $kind eq 'link' ? abs_path($self) : $self;
my $to = defined $end && stat $end ? kind() : $kind eq 'link' && !defined $end ? 'other' : 'none';
say($kind, $self, $to, defined $end ? $end : $self);
open my $mounts, '<', '/proc/self/mountinfo' or exit 1;
my @mounts = map { my @f = split / /; s/\\\\(\\d{3})/chr oct $1/ge for @f[3, 4]; [@f[2, 3, 4]] } <$mounts>;
my ($root) = grep { $_->[2] eq '/' } @mounts;
say($_->[2]) for grep { $_->[2] ne '/' && !($_->[0] eq $root->[0] && $_->[1] eq $_->[2]) } @mounts;`;

/** In a folder; all words in hexadecimal digits. */
const TAR = `chdir pack 'H*', shift or die "$!\\n"; exec 'tar', map { pack 'H*', $_ } @ARGV`;

/** Mounted in every node, and the same files for an engine that looks from outside. */
const SEEN_FROM_OUTSIDE = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];
/** Where something is mounted in every node as soon as it runs. */
const ALWAYS_MOUNTED = ['/dev', '/proc', '/sys'];
/**
 * What runs with a node's capabilities, and what that is found and loaded by: see "What services cannot do" in
 * docs/explanation/node.md.
 */
const PROTECTED = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib64', '/var/lib/bdsandbox', '/run/criu.kdat', '/etc/alternatives'],
  ...['/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/ld.so.preload'],
  ...['/etc/passwd', '/etc/group', '/etc/nsswitch.conf'],
];
const NOT_PROTECTED = '/usr/local';

/**
 * The files of one node, whether it runs or not. The engine's own calls read and write the container's files, which are not
 * what is seen inside where something is mounted upon them (/dev/shm), and take paths for UTF-8. A node that runs has a tar
 * for these. It is also what writes there, with the rights of a service: the engine would go where links of a service lead
 * while it writes, beneath the mounts that keep services from what runs with capabilities.
 */
export class NodeFiles implements Side {
  readonly id: string;
  readonly #containers: Containers;
  readonly #state: string;
  readonly #sandbox: string;
  /** As it was named, without links. */
  readonly #wanted: string;
  #mounts: readonly string[] | undefined;

  private constructor(containers: Containers, { id, state }: ContainerSummary, sandbox: string, wanted: string) {
    this.#containers = containers;
    this.id = id;
    this.#state = state;
    this.#sandbox = sandbox;
    this.#wanted = wanted;
  }

  /** @throws NotFoundError, UsageError */
  static async of(engines: Engines, { sandbox, node, path }: NodePlace, owner: string): Promise<NodeFiles> {
    const record = await findSandbox(engines, sandbox, owner);
    const { host, summary } = nodeOf(record, node);
    return new NodeFiles(engines.on(host).containers, summary, record.sandbox.name, plainPath(path));
  }

  async look(wanted: string): Promise<Found> {
    return (await this.see(wanted)).end;
  }

  async see(wanted: string): Promise<Seen> {
    const path = plainPath(wanted);
    return (this.#state === 'running' ? await this.#seeInside(path) : undefined) ?? this.#seeOutside(path);
  }

  readonly dirname = posix.dirname;
  readonly basename = posix.basename;

  /** As Containers.readArchive. @param path as it was seen */
  async read(path: string): Promise<Readable> {
    if (!this.#isInside(path, path)) return this.#containers.readArchive(this.id, path);
    const tar = new PassThrough();
    const words = ['--create', '--file=-', '--format=gnu', '--', posix.basename(path)];
    // Whoever reads it hears of it.
    tar.on('error', () => undefined);
    const over = new AbortController();
    tar.once('close', () => over.abort());
    this.#tar(posix.dirname(path), words, { stdout: tar, signal: over.signal }).then(
      () => tar.end(),
      (error: Error) => tar.destroy(error),
    );
    return tar;
  }

  /** As Containers.writeArchive. @param name what is written in the folder, as Target.root */
  async write(folder: string, name: string, tar: Readable): Promise<void> {
    const byEngine = await this.#isForEngine(folder, posix.join(folder, name));
    if (byEngine) return this.#containers.writeArchive(this.id, folder, tar);
    const kept = ['--no-same-owner', '--same-permissions', '--keep-directory-symlink', '--delay-directory-restore'];
    await this.#tar(folder, ['--extract', '--file=-', ...kept], { stdin: tar });
  }

  /**
   * @param said to the engine; names within a tar are bytes for it too
   * @throws ConflictError where it can only be done inside, and the node does not run
   */
  #isInside(path: string, said: string): boolean {
    const mounts = (this.#mounts ?? ALWAYS_MOUNTED).filter((mount) => !SEEN_FROM_OUTSIDE.includes(mount));
    const isPlain = said.isWellFormed();
    if (isPlain && !mounts.some((mount) => isIn(path, mount) || (this.#mounts && isIn(mount, path)))) return false;
    if (this.#mounts) return true;
    const why = isPlain ? 'is on a file system that only a running node has' : 'has a name that is not UTF-8';
    const next = this.#state === 'paused' ? 'resume' : 'start';
    throw new ConflictError(`${shown(path)} ${why}`, `bdsandbox ${next} ${this.#sandbox}, and copy then`);
  }

  /** undefined for a node that cannot tell. */
  async #seeInside(path: string): Promise<Seen | undefined> {
    const command = ['perl', '-e', LOOK, hex(path)];
    const { exitCode, stdout } = await execBare(this.#containers, this.id, command);
    if (exitCode !== 0) return undefined;
    const [first = [], ...mounts] = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ').map((word) => textOf(Buffer.from(word, 'hex'))));
    const [kind, self = path, endKind, end = path] = first;
    this.#mounts = mounts.flat();
    return { kind: kindOf(kind), path: self, end: { kind: endKindOf(endKind), path: end } };
  }

  async #seeOutside(path: string): Promise<Seen> {
    // It would take another path for it.
    if (!path.isWellFormed()) this.#isInside(path, path);
    const status = await this.#containers.pathStatus(this.id, path);
    if (status === undefined) return { kind: 'none', path, end: { kind: 'none', path } };
    if (status.kind !== 'link') return { kind: status.kind, path, end: { kind: status.kind, path } };
    const end = await this.#containers.pathStatus(this.id, status.target);
    // A link that leads to itself has no end.
    const kind = end === undefined ? 'none' : end.kind === 'link' ? 'other' : end.kind;
    return { kind: 'link', path, end: { kind, path: status.target } };
  }

  /** Whether the engine is to write there: where no link can turn it elsewhere. @throws ConflictError */
  async #isForEngine(folder: string, path: string): Promise<boolean> {
    const isNamed = [folder, path].includes(this.#wanted);
    if (this.#state === 'running') {
      // From inside nobody can write there, nor put a link there.
      return isNamed && path.startsWith('/usr/') && isProtected(path) && !this.#isInside(path, folder);
    }
    this.#isInside(path, folder);
    const end = await this.#endOf(folder);
    const at = posix.join(end, path.slice(folder.length));
    if ((isNamed && end === folder) || !isProtected(at)) return true;
    throw new ConflictError(
      `${shown(this.#wanted)} leads to ${shown(at)}, by a link in the node`,
      `if that is what you mean, name it: ${this.#sandbox}:${shown(at)}`,
    );
  }

  /** Where all links on the way of a folder lead. */
  async #endOf(folder: string): Promise<string> {
    let at = '/';
    for (const part of folder.split('/').filter((each) => each !== '')) {
      const next = posix.join(at, part);
      const status = await this.#containers.pathStatus(this.id, next);
      at = status?.kind === 'link' ? status.target : next;
    }
    return at;
  }

  /** What to do about a tar that failed. */
  #whyNot(folder: string, isWrite: boolean, stderr: string): string {
    const isRefused = isWrite && /Permission denied|not permitted|Read-only|File exists/.test(stderr);
    if (!isRefused) return 'see what is there: bdsandbox exec, with ls -l and df';
    // Who is led there must not be told how to do it all the same.
    if (![this.#wanted, posix.dirname(this.#wanted)].includes(folder)) return 'a link leads there: name another place';
    return `tar -c FILES | bdsandbox exec ${this.#sandbox} --privileged -- tar -xC ${shown(folder)}`;
  }

  async #tar(
    folder: string,
    words: readonly string[],
    streams: { readonly stdin?: Readable; readonly stdout?: PassThrough; readonly signal?: AbortSignal },
  ): Promise<void> {
    const command = ['perl', '-e', TAR, hex(folder), ...words.map(hex)];
    const { exitCode, stderr } = await execBare(this.#containers, this.id, command, streams);
    if (exitCode === 0) return;
    const reason = stderr.trim().split('\n')[0] ?? '';
    const what = `cannot ${streams.stdin ? 'write into' : 'read'} ${shown(folder)} in the node: ${reason}`;
    if (/No space left/.test(stderr)) throw new DiskFullError(what, 'free some space there, try again');
    if (/No such file/.test(reason)) throw new NotFoundError(what, 'check the path');
    throw new FailedError(what, this.#whyNot(folder, streams.stdin !== undefined, stderr));
  }
}

/** Without slashes and dots at its end. */
export function plainPath(path: string): string {
  return posix.resolve('/', path);
}

/** It, or something in it. */
function isProtected(path: string): boolean {
  return !isIn(path, NOT_PROTECTED) && PROTECTED.some((each) => isIn(path, each) || isIn(each, path));
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function hex(text: string): string {
  return bytesOf(text).toString('hex');
}

const KINDS = ['file', 'folder', 'link', 'other', 'none'] as const;

function kindOf(word: string | undefined): Seen['kind'] {
  return KINDS.find((kind) => kind === word) ?? 'none';
}

function endKindOf(word: string | undefined): Found['kind'] {
  const kind = kindOf(word);
  return kind === 'link' ? 'other' : kind;
}
