import path from 'node:path';
import type { ConfigValues } from '../config/index.js';
import { remembered } from './remembered.js';
import { checkFolders } from './template-folders.js';
import { plansFolder, TEMPLATES } from './workspace.js';

/**
 * What `compute` makes of the templates and of `words` alone, remembered from run to run: reading YAML and checking it
 * against schemas takes longer than most commands do.
 * @param url of the module that computes, `import.meta.url`
 */
export async function fromTemplates<T>(
  { templates }: ConfigValues,
  words: unknown,
  url: string,
  compute: () => Promise<T>,
): Promise<T> {
  await checkFolders(templates);
  const folders = [
    TEMPLATES,
    ...templates.flatMap((own) => [path.join(own, 'components'), path.join(own, 'clusters')]),
  ];
  return remembered({ folder: plansFolder(process.env), program: bundleName(url) }, { words, folders }, compute);
}

/**
 * The name of a bundled file has a digest of what is in it and, as it names them, of all files that it loads; outside of a
 * bundle there is none.
 */
function bundleName(url: string): string | undefined {
  return /\/dist\/shared\/([\w-]+-[\w-]{8}\.js)$/.exec(url)?.[1];
}
