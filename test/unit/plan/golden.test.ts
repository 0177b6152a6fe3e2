import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { findTemplate, sizesOfTemplate, sizesOfTopology } from '../../../src/catalog/index.js';
import { makePlan } from '../../../src/plan/index.js';
import { asText, catalog } from './shipped.js';

// Read the difference before `vitest -u`: these files are what a node runs on.
test.each([1, 5])('the files of hadoop-hbase on %i nodes', async (nodes) => {
  const plan = makePlan(catalog, { template: 'hadoop-hbase', nodes });
  for (const node of plan.nodes) {
    await expect(asText(node)).toMatchFileSnapshot(`golden/hadoop-hbase-${nodes}/${node.name}.txt`);
  }
});

test('the files of zookeeper on three nodes', async () => {
  const [first] = makePlan(catalog, { template: 'zookeeper' }).nodes;
  await expect(first && asText(first)).toMatchFileSnapshot('golden/zookeeper-3/zookeeper1.txt');
});

const boundaries = [...catalog.templates.values()].flatMap((template) =>
  template.topologies
    .map(sizesOfTopology)
    .flatMap((sizes) => [Math.min(...sizes), Math.max(...sizes)])
    .map((size) => [template.name, size] as const),
);

test.each(boundaries)('%s on %i nodes', (template, nodes) => {
  const plan = makePlan(catalog, { template, nodes });
  expect(plan.nodes).toHaveLength(nodes);
  expect(new Set(plan.nodes.map(({ name }) => name)).size).toBe(nodes);
  expect(plan.nodes.map(({ index }) => index)).toEqual(Array.from({ length: nodes }, (_, index) => index + 1));
  for (const { files } of plan.nodes) {
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    for (const { path, content } of files.filter((file) => file.path.endsWith('.xml'))) {
      expect([path, XMLValidator.validate(content)]).toEqual([path, true]);
      // A file's template that came out empty says that something it asks for runs nowhere.
      const values: unknown[] = new XMLParser().parse(content)?.configuration?.property ?? [];
      expect(JSON.stringify(values)).not.toMatch(/"value":"(hdfs|http):\/\/:/);
    }
  }
});

test('sizes in between: an odd quorum on three workers at most, replication up to the DataNodes', () => {
  const quorums = sizesOfTemplate(findTemplate(catalog, 'hadoop-hbase'))
    .slice(0, 6)
    .map((nodes) => {
      const plan = makePlan(catalog, { template: 'hadoop-hbase', nodes });
      const hostsOf = (wanted: string) =>
        plan.nodes.filter((node) => node.services.some(({ name }) => name === wanted)).map(({ name }) => name);
      return [nodes, hostsOf('zookeeper').join(' '), hostsOf('datanode').length];
    });
  expect(quorums).toEqual([
    [1, 'sandbox', 1],
    [3, 'worker1', 1],
    [4, 'worker1', 2],
    [5, 'worker1 worker2 worker3', 3],
    [6, 'worker1 worker2 worker3', 4],
    [7, 'worker1 worker2 worker3', 5],
  ]);
});
