import { expect, test } from 'vitest';
import { loadCatalog } from '../../../src/catalog/index.js';
import { makePlan } from '../../../src/plan/index.js';
import { folderWith, SHIPPED, SMALL_COMPONENT, SMALL_TEMPLATE } from '../catalog/folders.js';
import { catalog, contentOf } from './shipped.js';

const base = { template: 'hadoop-hbase', nodes: 5 } as const;

test('equal input, equal plan: also from a catalog that was loaded anew', async () => {
  const again = await loadCatalog({ folders: [SHIPPED] });
  expect(makePlan(again, base)).toEqual(makePlan(catalog, base));
});

test('the digest changes with all that changes a sandbox', () => {
  const digests = [
    makePlan(catalog, base),
    makePlan(catalog, { ...base, nodes: 4 }),
    makePlan(catalog, { ...base, restart: 'on-failure' }),
    makePlan(catalog, { ...base, settings: ['zoo.cfg:tickTime=1'] }),
    makePlan(catalog, { ...base, versions: { hbase: '2.5.12-hadoop3' } }),
    makePlan(catalog, { template: 'hadoop' }),
  ].map(({ digest }) => digest);
  expect(new Set(digests).size).toBe(digests.length);
  expect(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest))).toBe(true);
});

test('plan.json is the plan without files, the same on every node', () => {
  const plan = makePlan(catalog, base);
  const [first, ...others] = plan.nodes.map((node) => contentOf(node, '/etc/bdsandbox/plan.json'));
  expect(others.every((other) => other === first)).toBe(true);
  const nodes = plan.nodes.map(({ files: _, ...node }) => node);
  expect(JSON.parse(first ?? '')).toEqual({ ...plan, nodes });
});

test('restart is what the supervisor reads', () => {
  const plan = makePlan(catalog, { ...base, restart: 'on-failure' });
  expect(contentOf(plan.nodes[0], '/etc/bdsandbox/services/namenode/restart')).toBe('on-failure\n');
});

test('status is what the evidence asks for; a service without it has no such file', async () => {
  const [node] = makePlan(catalog, { template: 'hadoop-hbase', nodes: 1 }).nodes;
  expect(contentOf(node, '/etc/bdsandbox/services/historyserver/status')).toBe(
    'info http://sandbox:19888/ws/v1/history/info\n',
  );
  expect(contentOf(node, '/etc/bdsandbox/services/zookeeper/status')).toContain('mntr sandbox:2181 mntr\n');
  const { plan } = await smallPlan('', '');
  expect(plan?.nodes[0]?.files.filter(({ path }) => path.endsWith('/status'))).toEqual([]);
});

test.each([0, 2, 61, 1.5])('%d nodes are refused', (nodes) => {
  expect(() => makePlan(catalog, { ...base, nodes })).toThrow(
    `hadoop-hbase cannot have ${nodes} nodes; it can have 1 or 3 to 60`,
  );
});

test('a version of a component that is not there is refused', () => {
  expect(() => makePlan(catalog, { ...base, versions: { hbas: '1' } })).toThrow(
    'this template has no component "hbas"; did you mean "hbase"?',
  );
});

async function smallPlan(from: string, to: string) {
  await using folder = await folderWith({
    'components/echo/component.yaml': SMALL_COMPONENT.replace(from, to),
    'clusters/echoes.yaml': SMALL_TEMPLATE,
  });
  const small = await loadCatalog({ folders: [folder.path] });
  try {
    return { plan: makePlan(small, { template: 'echoes' }), message: '' };
  } catch (error) {
    return { plan: undefined, message: (error as Error).message.replace(`${folder.path}/`, '') };
  }
}

test.each([
  ['hello', 'hello'],
  ['a b', "'a b'"],
  ["it's $HOME `date`", `'it'\\''s $HOME \`date\`'`],
  ['*', "'*'"],
  ['', "''"],
])('a word of a command line: %s', async (word, quoted) => {
  const { plan } = await smallPlan('[echo, hello]', JSON.stringify(['echo', word]));
  const run = contentOf(plan?.nodes[0], '/etc/bdsandbox/services/echo/run');
  expect(run.trimEnd().split('\n').at(-1)).toBe(`exec echo ${quoted}`);
});

test('needs become a line for each node of the service', () => {
  const plan = makePlan(catalog, base);
  const run = contentOf(plan.nodes[2], '/etc/bdsandbox/services/regionserver/run');
  expect(run.match(/^await .*$/gm)).toEqual([
    'await worker1:2181',
    'await worker2:2181',
    'await worker3:2181',
    'await master1:8020',
  ]);
});

test.each([
  [
    "'{{ ports.echo.main }}'",
    "'{{ hosts.ecko }}'",
    'components/echo/component.yaml:9: config.echo-conf.properties.port: undefined variable: hosts.ecko',
  ],
  [
    "'{{ ports.echo.main }}'",
    '"a\\nb"',
    'components/echo/component.yaml:9: config.echo-conf.properties.port: the value has a control character',
  ],
  [
    "script: 'true'",
    'script: |\n        true\n        {{ service.nmae }}',
    'components/echo/component.yaml:19: services.echo.ready.script: undefined variable: service.nmae',
  ],
])('an error while rendering names its line: %s -> %s', async (from, to, message) => {
  expect((await smallPlan(from, to)).message).toBe(message);
});

test('versions reach templates, numbers stay as written', async () => {
  const { plan } = await smallPlan(
    "port: '{{ ports.echo.main }}'",
    "port: 1.10\n      version: '{{ component.version }} ü'",
  );
  expect(contentOf(plan?.nodes[0], '/etc/echo/echo.conf')).toBe('port=1.10\nversion=1 \\u00fc\n');
});
