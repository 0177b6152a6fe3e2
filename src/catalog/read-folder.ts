import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TemplateError } from '../errors/index.js';
import type { Layer, Source } from './resolve.js';
import { MOST_BYTES, parseTree } from './yaml/tree.js';

/** All definitions of one folder, parsed and not yet checked. */
export async function readFolder(folder: string): Promise<{ readonly components: Layer; readonly templates: Layer }> {
  const [components, templates] = await Promise.all([
    readComponents(join(folder, 'components')),
    readTemplates(join(folder, 'clusters')),
  ]);
  return { components, templates };
}

async function readComponents(folder: string): Promise<Layer> {
  const names = (await list(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readComponent(join(folder, name))] as const)),
  );
}

async function readComponent(folder: string): Promise<Source> {
  const file = join(folder, 'component.yaml');
  const [tree, files] = await Promise.all([readTree(file), readConfigFiles(folder)]);
  return { tree, folder, files };
}

/** What a component's config can name: files/, and its top level for the question where the Dockerfile is. */
async function readConfigFiles(folder: string): Promise<Map<string, string>> {
  const [top, inFiles] = await Promise.all([list(folder), list(join(folder, 'files'))]);
  const texts = await Promise.all(
    inFiles
      .filter((entry) => entry.isFile())
      .map(async ({ name }) => [`files/${name}`, await readFile(join(folder, 'files', name), 'utf8')] as const),
  );
  return new Map([...top.filter((entry) => entry.isFile()).map(({ name }) => [name, ''] as const), ...texts]);
}

async function readTemplates(folder: string): Promise<Layer> {
  const names = (await list(folder))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => entry.name.slice(0, -'.yaml'.length));
  const read = async (name: string): Promise<[string, Source]> => [
    name,
    { tree: await readTree(join(folder, `${name}.yaml`)), folder, files: new Map() },
  ];
  return new Map(await Promise.all(names.map(read)));
}

/** Entries by name, so that equal folders give equal catalogs on every file system; none if there is no folder. */
async function list(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(folder, error);
  }
}

async function readTree(file: string) {
  let content: string;
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
    content = await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
  return parseTree(file, content);
}

function unreadable(path: string, error: unknown): TemplateError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TemplateError(`${path} cannot be read: ${reason}`, 'correct or remove it', { cause: error });
}
