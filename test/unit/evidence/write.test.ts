import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { FailedError } from '../../../src/errors/index.js';
import { writeEvidence } from '../../../src/evidence/index.js';
import { newFolder, streamOf, tarOf, written } from './tars.js';

const XML = (value: string) =>
  `<configuration><property><name>a</name><value>${value}</value></property></configuration>\n`;

test('everything has its place', async () => {
  const { evidence, result, bytes } = await written({
    about: { sandbox: 'one' },
    events: [
      { at: '2', type: 'notice' },
      { at: '1', type: 'flow' },
    ],
    nodes: [
      {
        node: 'master1',
        views: await streamOf({ './processes.txt': 'ps', 'jvm/namenode.1.heap.txt': 'heap' }),
        files: [
          {
            prefix: '/etc',
            tar: await streamOf({
              'bdsandbox/planned/etc/hadoop/core-site.xml': XML('1'),
              'bdsandbox/planned/opt/x/conf': 'x',
              'bdsandbox/plan.json': '{}',
              'bdsandbox/services/namenode/run': 'exec',
            }),
          },
          { prefix: '/etc', tar: await streamOf({ 'hadoop/core-site.xml': XML('1') }) },
          { prefix: '/opt', tar: await streamOf({ 'x/conf': 'x', 'x/logs/x.log': 'log' }) },
          { prefix: '/var/log', tar: await streamOf({ 'bdsandbox/namenode.log': 'log' }) },
        ],
      },
    ],
  });
  expect(evidence.entries.map(({ path }) => path)).toEqual([
    'about.json',
    'master1/views/processes.txt',
    'master1/views/jvm/namenode.1.heap.txt',
    'master1/planned/etc/hadoop/core-site.xml',
    'master1/planned/opt/x/conf',
    'master1/bdsandbox/plan.json',
    'master1/services/namenode/run',
    'master1/config/etc/hadoop/core-site.xml',
    'master1/config/opt/x/conf',
    'master1/logs/opt/x/logs/x.log',
    'master1/logs/namenode.log',
    'master1/config.diff',
    'events.jsonl',
  ]);
  expect(evidence.text('master1/config.diff')).toBe('');
  expect(evidence.text('events.jsonl')).toBe('{"at":"1","type":"flow"}\n{"at":"2","type":"notice"}\n');
  expect(evidence.about).toEqual({ sandbox: 'one' });
  expect(evidence.nodes).toEqual(['master1']);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  expect(result).toEqual({ digest, bytes: bytes.length, files: 13, redacted: 0 });
});

test('config.diff goes from the plan to the node, with files of one side', async () => {
  const { evidence } = await written({
    nodes: [
      {
        node: 'n',
        views: undefined,
        files: [
          {
            prefix: '/',
            tar: await streamOf({
              'etc/bdsandbox/planned/etc/a/changed': 'one\ntwo\n',
              'etc/bdsandbox/planned/etc/a/gone': 'gone\n',
              'etc/a/changed': 'one\nTWO\n',
              'etc/a/new': 'new\n',
            }),
          },
        ],
      },
    ],
  });
  expect(evidence.text('n/config.diff')).toBe(
    `--- planned/etc/a/changed
+++ config/etc/a/changed
@@ -1,2 +1,2 @@
 one
-two
+TWO
--- planned/etc/a/gone
+++ /dev/null
@@ -1,1 +0,0 @@
-gone
--- /dev/null
+++ config/etc/a/new
@@ -0,0 +1,1 @@
+new
`,
  );
});

test('config.diff knows what the plan wrote for the services, and not what came later', async () => {
  const files = {
    'etc/bdsandbox/changes/1-created.json': '{}',
    'etc/bdsandbox/environment': 'A=1\n',
    'etc/bdsandbox/planned/etc/bdsandbox/environment': 'A=1\n',
    'etc/bdsandbox/planned/etc/bdsandbox/services/echo/run': 'exec echo\n',
    'etc/bdsandbox/services/echo/run': 'exec strace echo\n',
  };
  const { evidence } = await written({
    nodes: [{ node: 'n', views: undefined, files: [{ prefix: '/', tar: await streamOf(files) }] }],
  });
  expect(evidence.text('n/config.diff')).toBe(
    `--- planned/etc/bdsandbox/services/echo/run
+++ services/echo/run
@@ -1,1 +1,1 @@
-exec echo
+exec strace echo
`,
  );
});

test('secrets are replaced, key stores left out, both are told', async () => {
  const files = {
    'etc/a/a.properties': 'x.password=hunter2\n',
    'etc/a/a.jks': 'keys',
    'etc/a/a.pem': '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n',
    'etc/a/cert.pem': '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n',
    'var/log/bdsandbox/dump.hprof': Buffer.from([1, 0, 2]),
  };
  const nodes = async () => [{ node: 'n', views: undefined, files: [{ prefix: '/', tar: await streamOf(files) }] }];
  const about = { settings: ['core-site:x.password=a b'] };
  const safe = await written({ about, nodes: await nodes() });
  expect(safe.result.redacted).toBe(2);
  expect(safe.evidence.about).toEqual({ settings: ['core-site:x.password=<redacted>'] });
  expect(safe.evidence.entries.map(({ path }) => path)).toEqual([
    'about.json',
    'n/config/etc/a/a.properties',
    'n/config/etc/a/cert.pem',
    'events.jsonl',
    'problems.txt',
  ]);
  expect(safe.evidence.text('problems.txt')).toBe(
    `n: config/etc/a/a.jks holds keys: left out
n: config/etc/a/a.pem holds a private key: left out
n: logs/dump.hprof is not text, so that nothing can be redacted in it: left out
n: the planned config files are not there: no config.diff
`,
  );
  const whole = await written({ about, nodes: await nodes() }, false);
  expect(whole.result.redacted).toBe(0);
  expect(whole.evidence.entries).toHaveLength(8);
  expect(whole.evidence.text('n/config/etc/a/a.properties')).toContain('hunter2');
});

test.each([true, false])('a large log goes by way of the disk (redacted: %s)', async (redact) => {
  const line = 'a line of a log, with no end in sight\n';
  const log = `${line.repeat(60_000)}password=hunter2\n`;
  const binary = Buffer.alloc(2 << 20);
  const tar = await streamOf({ 'bdsandbox/a.log': log, 'bdsandbox/b.hprof': binary, 'bdsandbox/c.log': 'c' });
  const { evidence, result } = await written(
    { nodes: [{ node: 'n', views: undefined, files: [{ prefix: '/var/log', tar }] }] },
    redact,
  );
  const size = redact ? log.length + '<redacted>'.length - 'hunter2'.length : log.length;
  expect(evidence.entries).toContainEqual({ path: 'n/logs/a.log', size });
  expect(evidence.entries.some(({ path }) => path === 'n/logs/b.hprof')).toBe(!redact);
  expect(evidence.text('n/logs/c.log')).toBe('c');
  expect(evidence.text('n/logs/a.log')).toBeUndefined();
  expect(result.redacted).toBe(redact ? 1 : 0);
});

test('what breaks off is a problem of its node', async () => {
  const whole = await tarOf({ 'a.txt': 'a', 'b.txt': 'b'.repeat(5000) });
  const late = new PassThrough();
  late.on('error', () => undefined);
  late.destroy(new Error('the node is gone'));
  const { evidence } = await written({
    nodes: [
      { node: 'cut', views: Readable.from([whole.subarray(0, 2000)]), files: [] },
      { node: 'late', views: undefined, files: [{ prefix: '/etc', tar: late }], problems: ['was\nstopped'] },
      { node: 'noise', views: Readable.from(['x'.repeat(2000)]), files: [] },
      { node: 'well', views: await streamOf({ 'a.txt': 'a', 'problems.txt': 'services.json: empty\n' }), files: [] },
    ],
  });
  expect(evidence.text('cut/views/a.txt')).toBe('a');
  expect(evidence.text('well/views/a.txt')).toBe('a');
  const problems = evidence.text('problems.txt')?.trimEnd().split('\n') ?? [];
  expect(problems[0]).toMatch(/^cut: views: /);
  expect(problems.slice(1, 3)).toEqual(['late: was stopped', 'late: files of /etc: the node is gone']);
  expect(problems[3]).toMatch(/^noise: views: /);
  expect(problems[4]).toBe('well: views: services.json: empty');
  expect(problems).toHaveLength(5);
});

test('a problem is one line, also a long one of blanks', async () => {
  const problems = [`a \r\n \n b${' '.repeat(1 << 20)}`, `${' '.repeat(1 << 20)}c`];
  const before = process.cpuUsage();
  const { evidence } = await written({ nodes: [{ node: 'n', views: undefined, files: [], problems }] });
  expect(evidence.text('problems.txt')).toBe('n: a b\nn: c\n');
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
});

test('paths of a tar stay inside the node, and a path is there once', async () => {
  const { evidence } = await written({
    nodes: [
      {
        node: 'n',
        views: await streamOf({ '../../x': 'x' }),
        files: [
          { prefix: '/var/log', tar: await streamOf({ '../../../../etc/a': '1' }) },
          { prefix: '/etc', tar: await streamOf({ a: '2' }) },
        ],
      },
    ],
  });
  expect(evidence.entries.map(({ path }) => path).slice(1, 3)).toEqual(['n/views/x', 'n/config/etc/a']);
  expect(evidence.text('n/config/etc/a')).toBe('1');
});

test('a target that cannot be written is an error, and streams are given up', async () => {
  await using folder = await newFolder();
  const tar = new PassThrough();
  const nodes = [{ node: 'n', views: tar, files: [] }];
  const writing = writeEvidence(
    join(folder.path, 'none', 'x'),
    { name: 'demo', about: {}, events: [], nodes },
    { redact: true },
  );
  await expect(writing).rejects.toBeInstanceOf(FailedError);
  expect(tar.destroyed).toBe(true);
});

test('an interrupt leaves nothing behind', async () => {
  await using folder = await newFolder();
  const interrupt = new AbortController();
  const tar = new PassThrough();
  tar.write(await tarOf({ a: 'a' }).then((bytes) => bytes.subarray(0, 1024)));
  const source = { name: 'demo', about: {}, events: [], nodes: [{ node: 'n', views: tar, files: [] }] };
  const writing = writeEvidence(join(folder.path, 'x'), source, { redact: true, signal: interrupt.signal });
  const reason = new Error('Ctrl-C');
  setTimeout(() => interrupt.abort(reason), 20);
  await expect(writing).rejects.toBe(reason);
  expect(await readdir(folder.path)).toEqual([]);
  expect(tar.destroyed).toBe(true);
});

test('an interrupt at any moment is the only error', async () => {
  await using folder = await newFolder();
  const tar = await tarOf(
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, 'a'.repeat(70_000)])),
  );
  let interrupted = 0;
  for (let turns = 0; turns < 120; turns += 4) {
    const interrupt = new AbortController();
    const nodes = ['n', 'm'].map((node) => ({ node, views: Readable.from([tar]), files: [] }));
    const source = { name: 'demo', about: {}, events: [], nodes };
    const writing = writeEvidence(join(folder.path, 'x'), source, { redact: true, signal: interrupt.signal });
    const outcome = writing.then(
      () => 'written',
      (error: unknown) => error,
    );
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    const reason = new Error('Ctrl-C');
    interrupt.abort(reason);
    const result = await outcome;
    if (result === 'written') break;
    expect(result).toBe(reason);
    interrupted += 1;
  }
  expect(interrupted).toBeGreaterThan(3);
});
