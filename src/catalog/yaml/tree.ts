import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { TemplateError } from '../../errors/index.js';

/** YAML as a tree in which everything knows its file and line, also after merging trees of several files. */
export type Tree = MapTree | ListTree | ScalarTree;

interface Place {
  readonly file: string;
  /** 1-based; of the key, if the tree is the value of one. */
  readonly line: number;
}

export interface MapTree extends Place {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Tree>;
}

export interface ListTree extends Place {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface ScalarTree extends Place {
  readonly kind: 'scalar';
  readonly value: unknown;
  /** As written, so that 1.10 stays 1.10. */
  readonly text: string;
  /** Line where the text itself starts; a block's text starts below its key. */
  readonly textLine: number;
}

export type Path = readonly (string | number)[];

const HINT = 'correct the file; the shipped templates explain every key';

/** The largest shipped file has 20 kB and some hundred values, ten levels deep. */
export const MOST_BYTES = 256 << 10;
const MOST_VALUES = 100_000;
const MOST_LEVELS = 100;
/** For each the parser looks through the whole file. */
const MOST_ALIASES = 1000;

export function parseTree(file: string, content: string): Tree {
  if (content.length > MOST_BYTES) throw tooMuch(file, `it has more than ${MOST_BYTES} characters`);
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    // The parser calls itself for each level.
    if (/^Maximum call stack/.test(error.message)) throw tooMuch(file, 'it is nested too deeply');
    // The library's message goes on with a picture of the place, which is not for one line.
    const [message = ''] = error.message.split(/ at line \d+|\n/);
    throw new TemplateError(`${file}:${lines.linePos(error.pos[0]).line}: not YAML: ${message}`, HINT, {
      cause: error,
    });
  }
  const lineOf = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  return toTree(document.contents, { document, file, line: 1, lineOf, level: 1, count: { values: 0, aliases: 0 } });
}

function tooMuch(place: string, reason: string): TemplateError {
  return new TemplateError(`${place}: no template: ${reason}`, HINT);
}

interface Context {
  readonly document: Document;
  readonly file: string;
  readonly line: number;
  readonly lineOf: (node: Node | null | undefined) => number;
  /** How deep this value is. */
  readonly level: number;
  /** Of all so far: an alias counts each time that it is used, or few lines of them would be billions of values. */
  readonly count: { values: number; aliases: number };
}

function toTree(anyNode: unknown, context: Context): Tree {
  const { document, file, line, lineOf, count, level } = context;
  count.values += 1;
  if (count.values > MOST_VALUES) throw tooMuch(`${file}:${line}`, `it has more than ${MOST_VALUES} values`);
  if (level > MOST_LEVELS) throw tooMuch(`${file}:${line}`, `it is more than ${MOST_LEVELS} levels deep`);
  if (isAlias(anyNode)) count.aliases += 1;
  if (count.aliases > MOST_ALIASES) throw tooMuch(`${file}:${line}`, `it has more than ${MOST_ALIASES} aliases`);
  const below = { ...context, level: level + 1 };
  const node = (anyNode as Node | null)?.toJS === undefined ? null : resolveAlias(anyNode as Node, document);
  if (isMap<Node, Node | null>(node)) {
    const entries = node.items.map(({ key, value }): [string, Tree] => [
      isScalar(key) ? String(key.value) : String(key),
      toTree(value, { ...below, line: lineOf(key) }),
    ]);
    return { kind: 'map', file, line, entries: new Map(entries) };
  }
  if (isSeq<Node>(node)) {
    return {
      kind: 'list',
      file,
      line,
      items: node.items.map((item) => toTree(item, { ...below, line: lineOf(item) })),
    };
  }
  if (!isScalar(node)) return { kind: 'scalar', file, line, value: null, text: '', textLine: line };
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  return { kind: 'scalar', file, line, value: node.value, text, textLine: lineOf(node) + (isBlock ? 1 : 0) };
}

function resolveAlias(node: Node, document: Document): Node | undefined {
  return 'resolve' in node ? node.resolve(document) : node;
}

/** The tree as plain data, for a schema. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'map') return Object.fromEntries([...tree.entries].map(([key, value]) => [key, toPlain(value)]));
  if (tree.kind === 'list') return tree.items.map(toPlain);
  return tree.value;
}

/** The tree at a path, or the nearest above it that is there: what is missing is missed in its parent. */
export function nearestTree(tree: Tree, path: Path): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return tree;
  const child = childOf(tree, step);
  return child === undefined ? tree : nearestTree(child, rest);
}

function childOf(tree: Tree, step: string | number): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step));
  if (tree.kind === 'list' && typeof step === 'number') return tree.items[step];
  return undefined;
}

/** Keys of maps go over the base's one by one, and null takes a key away; lists and scalars are replaced whole. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const below = entries.get(key);
    if (value.kind === 'scalar' && value.value === null) entries.delete(key);
    else entries.set(key, below === undefined ? value : mergeTrees(below, value));
  }
  return { ...over, entries };
}

/** "topologies.cluster.groups[1].services[2]" */
export function fieldOf(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}
