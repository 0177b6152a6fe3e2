import { expect, test } from 'vitest';
import { compareEvidence, readEvidence } from '../../../src/evidence/index.js';
import { bundleOf, type Files } from './tars.js';

const XML = (properties: Readonly<Record<string, string>>) =>
  `<?xml version="1.0"?><configuration>${Object.entries(properties)
    .map(([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`)
    .join('\n')}</configuration>`;

const BASE: Files = {
  'about.json': '{}',
  'n/config/etc/a/a-site.xml': XML({ same: '1', changed: '007', gone: '' }),
  'n/config/etc/a/zoo.cfg': '# comment\ntickTime=2000\nserver.1 = a:1\n',
  'n/config/etc/a/logback.xml': '<configuration>\n<root level="INFO"/>\n</configuration>\n',
  'n/services/namenode/run': 'exec java\n',
  'n/bdsandbox/environment': 'A=1\n',
  'n/bdsandbox/plan.json': JSON.stringify({ components: [{ name: 'hadoop', version: '3.4.2' }] }),
  'n/views/services.json': JSON.stringify([{ name: 'namenode', state: 'ready', pid: 1, detail: '1 of 1' }]),
  'n/views/versions.txt': 'Linux n 5.4.0-42 #1 SMP\ncriu 4.2\n',
  'n/views/processes.txt': 'ps of a',
  'n/logs/namenode.log': 'log of a',
};

async function compared(a: Files, b: Files) {
  const [before, after] = await Promise.all([a, b].map(async (files) => readEvidence(await bundleOf(files))));
  if (!before || !after) throw new Error('both were given');
  return compareEvidence(before, after);
}

test('equal is equal, whatever the logs and processes say', async () => {
  const other = {
    ...BASE,
    'n/views/processes.txt': 'ps of b',
    'n/logs/namenode.log': 'log of b',
    'n/config/etc/a/zoo.cfg': 'server.1=a:1\ntickTime = 2000\n',
    'n/views/services.json': JSON.stringify([{ name: 'namenode', state: 'ready', pid: 2, detail: 'other' }]),
  };
  expect(await compared(BASE, other)).toEqual({
    equal: true,
    nodes: { both: ['n'], onlyA: [], onlyB: [] },
    differing: [],
  });
});

test('a line of blanks takes no time', async () => {
  const config = (end: string): Files => ({ ...BASE, 'n/config/etc/a/a.properties': `a=x${' '.repeat(1e6)}${end}` });
  const before = process.cpuUsage();
  const { differing } = await compared(config('y'), config(' '));
  expect(differing[0]?.config).toMatchObject([{ key: 'a', b: 'x' }]);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
});

test('each kind of difference', async () => {
  const difference = await compared(BASE, {
    'about.json': '{}',
    'n/config/etc/a/a-site.xml': XML({ same: '1', changed: '7' }),
    'n/config/etc/a/zoo.cfg': 'tickTime=3000\nserver.1=a:1\n',
    'n/config/etc/a/logback.xml': '<configuration>\n<root level="DEBUG"/>\n</configuration>\n',
    'n/services/namenode/run': 'exec java -x\n',
    'n/bdsandbox/environment': 'A=2\n',
    'n/bdsandbox/plan.json': JSON.stringify({ components: [{ name: 'hadoop', version: '3.4.1' }] }),
    'n/views/services.json': JSON.stringify([{ name: 'namenode', state: 'failed', detail: 'exit code 1' }]),
    'n/views/versions.txt': 'Linux n 6.1.0 #1 SMP\ncriu 4.2\n',
    'n/logs/namenode.log': 'log',
    'n/logs/hs_err_1.log': 'crash',
    'm/views/a': 'a',
  });
  expect(JSON.parse(JSON.stringify(difference))).toEqual(difference);
  expect(difference.nodes).toEqual({ both: ['n'], onlyA: [], onlyB: ['m'] });
  const xml = 'config/etc/a/a-site.xml';
  expect(difference.differing).toEqual([
    {
      node: 'n',
      config: [
        { file: xml, key: 'changed', a: '007', b: '7' },
        { file: xml, key: 'gone', a: '', b: null },
        { file: 'config/etc/a/zoo.cfg', key: 'tickTime', a: '2000', b: '3000' },
        { file: 'bdsandbox/environment', key: 'A', a: '1', b: '2' },
      ],
      texts: [
        {
          file: 'config/etc/a/logback.xml',
          diff: expect.stringContaining('-<root level="INFO"/>\n+<root level="DEBUG"/>'),
        },
        { file: 'services/namenode/run', diff: expect.stringContaining('-exec java\n+exec java -x') },
      ],
      services: [
        {
          service: 'namenode',
          a: { state: 'ready', detail: '1 of 1' },
          b: { state: 'failed', detail: 'exit code 1' },
        },
      ],
      versions: [
        { name: 'hadoop', a: '3.4.2', b: '3.4.1' },
        { name: 'kernel', a: '5.4.0-42', b: '6.1.0' },
      ],
      files: { onlyA: [], onlyB: ['logs/hs_err_1.log'] },
    },
  ]);
});

test('a node without views says nothing about its services', async () => {
  const { 'n/views/services.json': _, 'n/views/versions.txt': __, ...stopped } = BASE;
  const { differing } = await compared(BASE, stopped);
  expect(differing[0]?.services).toEqual([]);
});

test('a file that cannot be parsed is compared as text', async () => {
  const { differing } = await compared(BASE, { ...BASE, 'n/config/etc/a/a-site.xml': '<configuration' });
  expect(differing[0]?.texts[0]?.file).toBe('config/etc/a/a-site.xml');
});
