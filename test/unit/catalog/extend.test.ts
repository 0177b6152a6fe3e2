import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../../src/catalog/index.js';
import { folderWith, SHIPPED, SMALL_COMPONENT, SMALL_TEMPLATE } from './folders.js';

const COMPONENT = 'components/echo/component.yaml';
const TEMPLATE = 'clusters/echoes.yaml';

test('a later folder replaces a definition of the same name, and keeps the others', async () => {
  await using first = await folderWith({ [COMPONENT]: SMALL_COMPONENT, [TEMPLATE]: SMALL_TEMPLATE });
  await using second = await folderWith({ [TEMPLATE]: SMALL_TEMPLATE.replace('a cluster of echoes', 'mine') });
  const { templates, components } = await loadCatalog({ folders: [first.path, second.path] });
  expect(templates.get('echoes')).toMatchObject({ summary: 'mine', file: join(second.path, TEMPLATE) });
  expect(components.get('echo')?.summary).toBe('says what it hears');
});

test('a folder that is not there is an empty one', async () => {
  const { templates } = await loadCatalog({ folders: ['/nowhere'] });
  expect(templates.size).toBe(0);
});

test('a template extends another: maps are merged, lists replaced, null takes away', async () => {
  await using mine = await folderWith({
    'clusters/small.yaml': `name: small
extends: hadoop-hbase
summary: for the tests of table compaction
defaultNodes: 1
config:
  hdfs-site:
    dfs.blocksize: 1048576
topologies:
  cluster:
`,
  });
  const { templates } = await loadCatalog({ folders: [SHIPPED, mine.path] });
  const small = templates.get('small');
  expect(small?.components).toEqual(['zookeeper', 'hadoop', 'hbase']);
  expect(small?.topologies.map(({ name }) => name)).toEqual(['single']);
  expect(small?.config.get('hdfs-site')?.get('dfs.blocksize')).toMatchObject({
    text: '1048576',
    file: join(mine.path, 'clusters/small.yaml'),
    line: 7,
  });
  expect(templates.get('hadoop-hbase')?.topologies).toHaveLength(2);
});

test('a component extends the one of the same name in an earlier folder, and has its image and files', async () => {
  await using first = await folderWith({
    [COMPONENT]: `${SMALL_COMPONENT}`.replace('format: properties', 'file: files/more\n    format: properties'),
    'components/echo/files/more': 'more={{ count.echo }}\n',
    'components/echo/Dockerfile': 'FROM scratch\n',
  });
  await using second = await folderWith({
    [COMPONENT]: "name: echo\nextends: echo\nversion: '2'\nservices:\n  echo:\n    ports:\n      main: {port: 77}\n",
  });
  const { components } = await loadCatalog({ folders: [first.path, second.path] });
  const echo = components.get('echo');
  expect(echo).toMatchObject({ version: '2', folder: join(first.path, 'components/echo') });
  expect(echo?.services.get('echo')?.ports.get('main')?.port).toBe(77);
  expect(echo?.config.get('echo-conf')?.text?.text).toBe('more={{ count.echo }}\n');
});

test('an error in what is taken from a base names the file of the base', async () => {
  await using first = await folderWith({
    [COMPONENT]: SMALL_COMPONENT,
    [TEMPLATE]: SMALL_TEMPLATE,
    'clusters/more.yaml': 'name: more\nextends: echoes\ndefaultNodes: 7\n',
    'clusters/bad.yaml':
      'name: bad\nextends: echoes\ntopologies:\n  single:\n    groups: [{name: x, services: [ecko]}]\n',
  });
  await expect(loadCatalog({ folders: [first.path] })).rejects.toThrow(
    `${join(first.path, 'clusters/bad.yaml')}:5: topologies.single.groups[0].services[0]: no component of this template`,
  );
});

test('definitions that extend each other in a circle are an error', async () => {
  await using folder = await folderWith({
    [COMPONENT]: SMALL_COMPONENT,
    'clusters/a.yaml': 'name: a\nextends: b\n',
    'clusters/b.yaml': 'name: b\nextends: a\n',
  });
  await expect(loadCatalog({ folders: [folder.path] })).rejects.toThrow(
    'clusters/a.yaml:2: extends: "a" extends itself',
  );
});
