import { posix } from 'node:path';
import type { FileEntry } from '../port.js';

/** Files by absolute path. Folders exist as long as something is in them, or when they were made by themselves. */
export class FileTree {
  readonly #files: Map<string, Buffer>;
  readonly #folders: Map<string, Date>;

  constructor(files: Iterable<readonly [string, Buffer]> = [], folders: Iterable<readonly [string, Date]> = []) {
    this.#files = new Map(files);
    this.#folders = new Map(folders);
  }

  copy(): FileTree {
    return new FileTree(this.#files, this.#folders);
  }

  makeFolder(path: string, time: Date): void {
    this.#folders.set(absolute(path), time);
  }

  /** Of a folder that was made by itself. */
  timeOf(path: string): Date | undefined {
    return this.#folders.get(absolute(path));
  }

  write({ path, content }: FileEntry): void {
    // A copy: the caller may reuse its buffer, as it may with a real engine once the call has returned.
    this.#files.set(absolute(path), Buffer.from(content));
  }

  read(path: string): Buffer | undefined {
    const content = this.#files.get(absolute(path));
    return content && Buffer.from(content);
  }

  has(path: string): boolean {
    const wanted = absolute(path);
    if (wanted === '/' || this.#files.has(wanted) || this.#folders.has(wanted)) return true;
    return [...this.#files.keys(), ...this.#folders.keys()].some((file) => file.startsWith(`${wanted}/`));
  }

  remove(path: string): void {
    this.#files.delete(absolute(path));
  }

  /** The engine's own look: without a copy, so never to be handed out. */
  peek(path: string): Buffer | undefined {
    return this.#files.get(path);
  }

  /** As peek, of all files by path. */
  entries(): [string, Buffer][] {
    return [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  get bytes(): number {
    return [...this.#files.values()].reduce((sum, content) => sum + content.length, 0);
  }
}

export function absolute(path: string): string {
  return posix.resolve('/', path);
}
