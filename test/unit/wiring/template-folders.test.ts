import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsageError } from '../../../src/errors/index.js';
import { checkFolders } from '../../../src/wiring/template-folders.js';
import { folderWith } from '../catalog/folders.js';

test('folders of templates that are there are fine, also empty ones', async () => {
  await using folder = await folderWith({ 'clusters/a.yaml': '' });
  await checkFolders([]);
  await checkFolders([folder.path, join(folder.path, 'clusters')]);
});

test.each([
  ['nope', /^there is no templates folder .*nope$/],
  ['clusters/a.yaml', /^the templates folder .*a\.yaml is no folder$/],
])('%s is refused, with the variable and the key', async (name, message) => {
  await using folder = await folderWith({ 'clusters/a.yaml': '' });
  const checked = checkFolders([folder.path, join(folder.path, name)]);
  await expect(checked).rejects.toThrow(UsageError);
  await expect(checked).rejects.toMatchObject({
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/BDSANDBOX_TEMPLATES.*bdsandbox config ls/),
  });
});
