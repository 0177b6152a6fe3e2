import { stat } from 'node:fs/promises';
import { UsageError } from '../errors/index.js';

/**
 * The folders that the user named for templates. One that is not there would count as one without templates, and the
 * shipped template of the same name would be taken for the user's.
 * @throws UsageError
 */
export async function checkFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) continue;
    throw new UsageError(
      found ? `the templates folder ${folder} is no folder` : `there is no templates folder ${folder}`,
      'correct BDSANDBOX_TEMPLATES, or the key templates; which of them counts: bdsandbox config ls',
    );
  }
}
