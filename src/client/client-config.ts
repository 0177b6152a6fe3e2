import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Engine } from '../engine/index.js';
import { FailedError, NotFoundError } from '../errors/index.js';
import { forAll } from '../sandbox/index.js';

export interface KitFile {
  /** Relative to the kit's folder. */
  readonly path: string;
  readonly content: string;
  /** For its owner's eyes alone. */
  readonly isSecret?: boolean;
}

export interface ClientConfig {
  /** Variables that name folders with config, e.g. HADOOP_CONF_DIR, to the folder's path in the kit. */
  readonly folders: Readonly<Record<string, string>>;
  readonly files: readonly KitFile[];
  /** Folders without config, and so left out; one line each. */
  readonly problems: readonly string[];
}

/** A component's environment says where its config is; its clients look there too. */
export const FOLDER_VARIABLE = /^[A-Z][A-Z0-9_]*_CONF_DIR$|^ZOOCFGDIR$/;

/**
 * Files that programs read. Nothing else comes along: launchers of the host source hadoop-env.sh, hbase-env.sh or java.env
 * out of such a folder, and JVMs load classes and archives from it, so whoever may write into a node could run code here.
 */
const DATA = /\.(xml|properties|cfg|conf|json|ya?ml)$/;

/** Of the daemons alone: their logging, and the scheduler's queues. */
const OF_DAEMONS = /-service\.\w+$|^capacity-scheduler\.xml$/;

/** What is right in a node and not outside: folders that only a node has, and addresses that only nodes reach. */
const OUTSIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Hadoop puts these in
  'core-site.xml': { 'hadoop.tmp.dir': '${java.io.tmpdir}/hadoop-${user.name}' },
  'hbase-site.xml': { 'hbase.tmp.dir': '${java.io.tmpdir}/hbase-${user.name}' },
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Hadoop puts these in
  'hdfs-site.xml': { 'dfs.client.use.datanode.hostname': 'true' },
};

/** Config is small; what is not is something that a person put there. */
const LARGEST_BYTES = 1 << 20;

/** The config files of a node as they are now, for programs outside. @param container of a running node */
export async function readClientConfig(engine: Engine, container: string): Promise<ClientConfig> {
  const environment = await engine.containers.readFile(container, '/etc/bdsandbox/environment');
  const inNode = new Map(
    (environment?.toString() ?? '').split('\n').flatMap((line) => {
      const [, name = '', folder = ''] = /^(\w+)=(\/.+)$/.exec(line) ?? [];
      return FOLDER_VARIABLE.test(name) ? [[name, posix.normalize(folder).replace(/\/+$/, '')] as const] : [];
    }),
  );
  const folders = [...new Set(inNode.values())];
  const read = await forAll(folders, async (folder) => [folder, await readFolder(engine, container, folder)] as const);
  const full = new Map(read.filter(([, files]) => files.length > 0));
  return {
    folders: Object.fromEntries(
      [...inNode].filter(([, folder]) => full.has(folder)).map(([name, folder]) => [name, inKit(folder)]),
    ),
    files: [...full.values()].flat(),
    problems: [...inNode]
      .filter(([, folder]) => !full.has(folder))
      .map(([name, folder]) => `${name} is left out: there are no config files in ${folder} of the node`),
  };
}

/** /etc/hadoop is hadoop in the kit. */
function inKit(folder: string): string {
  return folder.replace(/^\/(etc\/(?=.))?/, '');
}

async function readFolder(engine: Engine, container: string, folder: string): Promise<KitFile[]> {
  const { extract } = await import('tar-stream');
  const { text } = await import('node:stream/consumers');
  const files: KitFile[] = [];
  const entries = extract();
  const archive = await engine.containers.readArchive(container, folder).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  if (!archive) return [];
  // An archive that breaks off ends the loop with its error.
  pipeline(archive, entries).catch(() => undefined);
  for await (const entry of entries) {
    const { name, type, size = 0 } = entry.header;
    // Names begin with the folder's own; only what lies in it directly is config.
    const [, file = '', ...deeper] = posix.normalize(name).split('/');
    const wanted = type === 'file' && deeper.length === 0 && DATA.test(file) && !OF_DAEMONS.test(file);
    if (!wanted || size > LARGEST_BYTES) {
      entry.resume();
      continue;
    }
    files.push({ path: `${inKit(folder)}/${file}`, content: forClients(file, await text(entry)) });
  }
  return files;
}

/** The last one of a name counts, so more properties at the end change it and leave the rest as it was written. */
export function forClients(file: string, content: string): string {
  const properties = Object.entries(OUTSIDE[file] ?? {});
  if (properties.length === 0) return content;
  const added = properties.map(
    ([name, value]) => `  <property><name>${name}</name><value>${value}</value></property>\n`,
  );
  const open = content.replace(/<configuration\s*\/>/, '<configuration></configuration>');
  const end = open.lastIndexOf('</configuration>');
  if (end >= 0) return `${open.slice(0, end)}${added.join('')}${open.slice(end)}`;
  throw new FailedError(`${file} in the node is no Hadoop configuration`, 'correct it in the node: bdsandbox exec');
}
