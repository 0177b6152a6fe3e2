import { expect, test } from 'vitest';
import {
  describeSizes,
  findComponent,
  findTemplate,
  listComponents,
  listTemplates,
  loadCatalog,
} from '../../../src/catalog/index.js';
import { NotFoundError } from '../../../src/errors/index.js';
import { SHIPPED } from './folders.js';

const catalog = await loadCatalog({ folders: [SHIPPED] });

test('every shipped template and component is listed', () => {
  expect(listTemplates(catalog).map(({ name, sizes, defaultNodes }) => ({ name, sizes, defaultNodes }))).toEqual([
    { name: 'hadoop', sizes: '1 or 3 to 60', defaultNodes: 5 },
    { name: 'hadoop-hbase', sizes: '1 or 3 to 60', defaultNodes: 5 },
    { name: 'zookeeper', sizes: '1, 3, 5 or 7', defaultNodes: 3 },
  ]);
  expect(listComponents(catalog).map(({ name, requires }) => [name, requires])).toEqual([
    ['hadoop', []],
    ['hbase', ['zookeeper', 'hadoop']],
    ['zookeeper', []],
  ]);
});

test('an unknown name says what there is and what was meant', () => {
  const thrown = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };
  const template = thrown(() => findTemplate(catalog, 'hadoop-hbaes'));
  expect(template).toBeInstanceOf(NotFoundError);
  expect(template).toMatchObject({
    message: 'there is no template "hadoop-hbaes"; did you mean "hadoop-hbase"?',
    hint: 'there are hadoop, hadoop-hbase, zookeeper; see bdsandbox templates ls',
  });
  expect(thrown(() => findComponent(catalog, 'constructor'))).toMatchObject({
    message: 'there is no component "constructor"',
    hint: 'there are hadoop, hbase, zookeeper; see bdsandbox components ls',
  });
});

test.each([
  [[1], '1'],
  [[1, 3], '1 or 3'],
  [[1, 3, 5, 7], '1, 3, 5 or 7'],
  [[1, 3, 4, 5], '1 or 3 to 5'],
])('sizes %j', (sizes, expected) => {
  expect(describeSizes(sizes)).toBe(expected);
});
