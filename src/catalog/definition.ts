import { TemplateError } from '../errors/index.js';
import type { Snippet } from './types.js';
import { fieldOf, nearestTree, type Path, type Tree } from './yaml/tree.js';

const HINT = 'correct the file; the shipped ones next to it in templates/ explain every key';

/** A YAML file of the catalog, its bases merged in: where its values stand, and errors about them. */
export class Definition {
  readonly tree: Tree;

  constructor(tree: Tree) {
    this.tree = tree;
  }

  snippet(...path: Path): Snippet {
    const tree = nearestTree(this.tree, path);
    const field = fieldOf(path);
    if (tree.kind !== 'scalar') throw this.error(path, 'a text is expected');
    return { text: tree.text, file: tree.file, line: tree.textLine, field };
  }

  optionalSnippet(value: unknown, ...path: Path): Snippet | undefined {
    return value === undefined ? undefined : this.snippet(...path);
  }

  /** A snippet for each of the values at a path that holds a list. */
  snippets(values: readonly unknown[], ...path: Path): Snippet[] {
    return values.map((_, index) => this.snippet(...path, index));
  }

  /** A snippet for each of the values at a path that holds a map. */
  snippetMap(values: Readonly<Record<string, unknown>>, ...path: Path): Map<string, Snippet> {
    return new Map(Object.keys(values).map((key) => [key, this.snippet(...path, key)]));
  }

  /** "FILE:LINE: FIELD: PROBLEM" */
  error(path: Path, problem: string, cause?: unknown): TemplateError {
    const { file, line } = nearestTree(this.tree, path);
    const field = fieldOf(path);
    return new TemplateError(`${file}:${line}: ${field === '' ? '' : `${field}: `}${problem}`, HINT, { cause });
  }
}
