import { didYouMean } from '../errors/index.js';
import { Definition } from './definition.js';
import { mergeTrees, type Tree } from './yaml/tree.js';

/** One definition as it was read. */
export interface Source {
  readonly tree: Tree;
  readonly folder: string;
  /** Its files by path inside the folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** The definitions of one folder by name. */
export type Layer = ReadonlyMap<string, Source>;

interface Resolved {
  readonly definition: Definition;
  /** The definition's own source first, then those it extends. */
  readonly chain: readonly Source[];
}

/** The definition that counts for each name (the last layer's), with what it extends merged in. */
export function resolveDefinitions(layers: readonly Layer[], kind: string): Map<string, Resolved> {
  const names = new Set(layers.flatMap((layer) => [...layer.keys()]).sort());
  return new Map([...names].map((name) => [name, resolve(name, layers.length)]));

  /** @param below only layers below this one count: a definition that extends its own name means an earlier one */
  function resolve(name: string, below: number, seen: readonly Source[] = []): Resolved {
    const level = levelOf(name, below);
    const source = layers[level]?.get(name);
    if (source === undefined) throw new TypeError(`no ${kind} ${name}`);
    const own = new Definition(source.tree);
    const base = baseOf(source.tree);
    if (base === undefined) return { definition: own, chain: [source] };
    const belowBase = base === name ? level : layers.length;
    if (levelOf(base, belowBase) < 0) {
      const problem = base === name ? `no earlier folder has a ${kind}` : `there is no ${kind}`;
      const others = [...names].filter((other) => other !== name);
      throw own.error(['extends'], `${problem} "${base}" to extend${didYouMean(base, others)}`);
    }
    if (seen.includes(source)) throw own.error(['extends'], `"${name}" extends itself in the end`);
    const { definition, chain } = resolve(base, belowBase, [...seen, source]);
    return { definition: new Definition(mergeTrees(definition.tree, source.tree)), chain: [source, ...chain] };
  }

  function levelOf(name: string, below: number): number {
    return layers.slice(0, below).findLastIndex((layer) => layer.has(name));
  }
}

function baseOf(tree: Tree): string | undefined {
  const base = tree.kind === 'map' ? tree.entries.get('extends') : undefined;
  return base?.kind === 'scalar' && typeof base.value === 'string' ? base.value : undefined;
}
