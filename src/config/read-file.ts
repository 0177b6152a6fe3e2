import { basename } from 'node:path';
import { cosmiconfig, type Loader } from 'cosmiconfig';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { UsageError } from '../errors/index.js';
import { PACKAGE_KEY, SEARCH_PLACES } from './locate.js';

/** Of a file with every key: a thousand. */
const MOST_CHARACTERS = 256 << 10;

export interface ConfigFile {
  readonly path: string;
  readonly content: unknown;
  /** Line of a key, for messages; the nearest level above when the key isn't there. */
  readonly lineOf: (keys: readonly string[]) => number;
}

export async function readProjectFile(folder: string): Promise<ConfigFile | undefined> {
  return read((explorer) => explorer.search(folder));
}

export async function readUserFile(path: string): Promise<ConfigFile | undefined> {
  return read((explorer) => explorer.load(path));
}

type Explorer = ReturnType<typeof cosmiconfig>;

async function read(look: (explorer: Explorer) => ReturnType<Explorer['search']>): Promise<ConfigFile | undefined> {
  const parsed = new Map<string, Parsed>();
  const found = await look(createExplorer(parsed));
  if (found === null || found.isEmpty === true) return undefined;
  return {
    path: found.filepath,
    content: found.config,
    lineOf: (keys) => lineOf(found.filepath, parsed.get(found.filepath), keys),
  };
}

function createExplorer(parsed: Map<string, Parsed>): Explorer {
  const load: Loader = (path, text) => {
    const entry = parse(path, text);
    parsed.set(path, entry);
    return plain(path, entry.document);
  };
  const refuse: Loader = (path) => {
    throw new UsageError(`${path}: a config file holds data, not code`, 'write it as YAML or JSON');
  };
  return withoutMetaConfig(() =>
    cosmiconfig(PACKAGE_KEY, {
      searchPlaces: [...SEARCH_PLACES],
      searchStrategy: 'none',
      cache: false,
      // YAML contains JSON, so one parser serves both and knows the line of each key.
      loaders: {
        noExt: load,
        '.yaml': load,
        '.yml': load,
        '.json': load,
        '.js': refuse,
        '.cjs': refuse,
        '.mjs': refuse,
        '.ts': refuse,
      },
    }),
  );
}

/**
 * cosmiconfig() first looks in the current directory for configuration of its own, and runs `.config/config.js` when it
 * finds one (getUserDefinedOptionsFromMetaConfig in its dist/index.js; no option turns that off). Entering a cloned
 * folder must not run its code, so the explorer is made while this, our own folder, is the current one. The call is
 * synchronous: nothing else sees the change.
 */
function withoutMetaConfig<T>(make: () => T): T {
  const cwd = process.cwd();
  process.chdir(import.meta.dirname);
  try {
    return make();
  } finally {
    process.chdir(cwd);
  }
}

/** A text as if it lay in `path`. @throws UsageError with the line of what is wrong */
export function parseConfigText(path: string, text: string): ConfigFile & { readonly document: Document.Parsed } {
  const parsed = parse(path, text);
  const whole = plain(path, parsed.document);
  return {
    path,
    document: parsed.document,
    // Nothing but comments holds no settings.
    content: (isPackageFile(path) ? Object(whole)[PACKAGE_KEY] : whole) ?? {},
    lineOf: (keys) => lineOf(path, parsed, keys),
  };
}

export function isPackageFile(path: string): boolean {
  return basename(path) === 'package.json';
}

interface Parsed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

function parse(path: string, text: string): Parsed {
  if (text.length > MOST_CHARACTERS) throw tooMuch(path, new Error(`it has more than ${MOST_CHARACTERS} characters`));
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    // The parser calls itself for each level.
    if (/^Maximum call stack/.test(error.message)) throw tooMuch(path, new Error('it is nested too deeply'));
    const { line } = lines.linePos(error.pos[0]);
    throw new UsageError(`${path}:${line}: ${firstLine(error.message)}`, `correct line ${line}`, { cause: error });
  }
  // cosmiconfig would merge the named file in, and no value would know any more where it came from.
  if (document.has('$import')) {
    throw new UsageError(`${path}: $import isn't supported`, 'put the settings into this file');
  }
  return { document, lines };
}

/** Aliases that stand for more and more of each other are refused by the parser itself (its maxAliasCount). */
function plain(path: string, document: Document.Parsed): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) throw tooMuch(path, error);
    throw error;
  }
}

function tooMuch(path: string, cause: Error): UsageError {
  return new UsageError(`${path}: no config file: ${firstLine(cause.message)}`, 'see docs/reference/config.md', {
    cause,
  });
}

function lineOf(path: string, parsed: Parsed | undefined, keys: readonly string[]): number {
  if (parsed === undefined) return 1;
  const full = isPackageFile(path) ? [PACKAGE_KEY, ...keys] : [...keys];
  for (let depth = full.length; depth > 0; depth -= 1) {
    const start = startOf(parsed.document, full.slice(0, depth));
    if (start !== undefined) return parsed.lines.linePos(start).line;
  }
  return 1;
}

/** Offset of the key itself: the value of a list or a map starts on a later line. */
function startOf(document: Document.Parsed, keys: readonly string[]): number | undefined {
  const parent: unknown = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === keys.at(-1));
  return pair !== undefined && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:$/, '');
}
