import { describe, expect, test } from 'vitest';
import { FailedError, NotFoundError, UsageError } from '../../../src/errors/index.js';
import { type ChangedSettings, changeSettings, makePlan, type Plan } from '../../../src/plan/index.js';
import { catalog, contentOf } from './shipped.js';

const HDFS = '/etc/hadoop/hdfs-site.xml';

function planWith(settings: readonly string[] = [], nodes = 5): Plan {
  return makePlan(catalog, { template: 'hadoop-hbase', nodes, settings });
}

function change(plan: Plan, set: readonly string[], unset: readonly string[] = []): ChangedSettings {
  return changeSettings(catalog, contentOf(plan.nodes[0], '/etc/bdsandbox/plan.json'), { set, unset });
}

/** Every file of every node that the change touches, as it is afterwards. */
function filesAfter(plan: Plan, changed: ChangedSettings): string[] {
  return changed.files.flatMap(({ path, edit }) =>
    plan.nodes.map((node) => edit(node.name, contentOf(node, path))?.text ?? 'none'),
  );
}

describe('a change gives what create would have given', () => {
  test.each<[string, string[], string[], string[]]>([
    ['a value of the template', [], ['hdfs-site:dfs.replication=1'], []],
    ['a new key', [], ['core-site.xml:my.own=<x>'], []],
    ['a value that was set', ['hdfs-site:dfs.replication=2'], ['hdfs-site:dfs.replication=1'], []],
    ['taken back, to the template’s', ['hdfs-site:dfs.replication=2'], [], ['hdfs-site:dfs.replication']],
    ['taken back, to none', ['core-site:my.own=1', 'zoo.cfg:tickTime=1'], [], ['core-site.xml:my.own']],
    ['several', ['zoo.cfg:tickTime=1'], ['zoo.cfg:tickTime=2', 'hbase-site:a=b', 'hbase-site:c=d'], []],
  ])('%s', (_, before, set, unset) => {
    const plan = planWith(before);
    const changed = change(plan, set, unset);
    const { settings } = JSON.parse(changed.plan) as Plan;
    const wanted = planWith(settings);
    expect(filesAfter(plan, changed)).toEqual(
      changed.files.flatMap(({ path }) => wanted.nodes.map((node) => contentOf(node, path))),
    );
    expect(changed.plan).toBe(contentOf(wanted.nodes[0], '/etc/bdsandbox/plan.json'));
  });

  test('and the way back gives what was there', () => {
    const plan = planWith(['hdfs-site:dfs.replication=2']);
    const changed = change(plan, ['hdfs-site:dfs.replication=1', 'core-site:my.own=a b'], []);
    expect(changed.back).toBe('hdfs-site:dfs.replication=2 --unset=core-site:my.own');
    const next = planWith((JSON.parse(changed.plan) as Plan).settings);
    const back = change(next, ['hdfs-site:dfs.replication=2'], ['core-site:my.own']);
    expect(back.plan).toBe(contentOf(plan.nodes[0], '/etc/bdsandbox/plan.json'));
    expect(filesAfter(next, back)).toEqual(
      back.files.flatMap(({ path }) => plan.nodes.map((node) => contentOf(node, path))),
    );
  });

  test('the last one of a key counts', () => {
    const changed = change(planWith(), ['zoo.cfg:tickTime=1', 'zoo.cfg:tickTime=2']);
    expect((JSON.parse(changed.plan) as Plan).settings).toEqual(['zoo.cfg:tickTime=2']);
  });

  test('what a user wrote into the file stays', () => {
    const plan = planWith();
    const [file] = change(plan, ['hdfs-site:dfs.replication=1']).files;
    const own = contentOf(plan.nodes[0], HDFS).replace('<configuration>', '<configuration>\n  <!-- mine -->');
    const edited = file?.edit('master1', own);
    expect(edited?.text).toContain('<!-- mine -->');
    expect(edited?.values).toEqual([{ key: 'dfs.replication', before: '3', after: '1' }]);
    expect(file?.edit('master1', 'nonsense')).toBeUndefined();
  });
});

test.each([
  [
    'hdfs-site',
    ['namenode', 'secondarynamenode', 'datanode', 'nodemanager', 'historyserver', 'hmaster', 'regionserver'],
  ],
  ['yarn-site', ['resourcemanager', 'nodemanager', 'historyserver']],
  ['capacity-scheduler', ['resourcemanager']],
  ['zoo.cfg', ['zookeeper']],
  ['hbase-site', ['hmaster', 'regionserver']],
  // Of commands that people run.
  ['log4j', []],
])('%s is read by %j', (file, readers) => {
  expect(change(planWith(), [`${file}:a=b`]).files.map((each) => each.readers)).toEqual([readers]);
});

describe('refused', () => {
  test.each<[string, string[], string[], string, string]>([
    [
      'a file',
      ['hdfs-sit:a=b'],
      [],
      '"hdfs-sit:a=b": there is no config file "hdfs-sit"; did you mean "hdfs-site"?',
      'zoo.cfg',
    ],
    [
      'a file to take back',
      [],
      ['hdfs-sit:a'],
      '"hdfs-sit:a": there is no config file "hdfs-sit"; did you mean "hdfs-site"?',
      'zoo.cfg',
    ],
    ['half a setting', ['hdfs-site:a'], [], 'the setting "hdfs-site:a" is not complete', 'FILE:KEY=VALUE'],
    ['a text file', ['logback:a=b'], [], 'is a text file without keys', 'zoo.cfg'],
    ['a control character', ['zoo.cfg:a=b\nc'], [], 'control character', 'FILE:KEY=VALUE'],
    ['a value to take back', [], ['zoo.cfg:a=b'], '"zoo.cfg:a=b" is not FILE:KEY', '--unset'],
    [
      'a key that was not set',
      [],
      ['zoo.cfg:tickTme'],
      'zoo.cfg:tickTme is not set; did you mean "zoo.cfg:tickTime"?',
      'set are zoo.cfg:tickTime',
    ],
    ['both at once', ['zoo.cfg:tickTime=1'], ['zoo.cfg:tickTime'], 'is set and taken back at once', 'one of the two'],
  ])('%s', (_, set, unset, message, hint) => {
    const wrong = (): unknown => change(planWith(['zoo.cfg:tickTime=3']), set, unset);
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(message);
    expect(wrong).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }));
  });

  test('a template that is not here, and a damaged plan', () => {
    const text = contentOf(planWith().nodes[0], '/etc/bdsandbox/plan.json');
    const wanted = { set: ['zoo.cfg:a=b'], unset: [] };
    const foreign = JSON.stringify({ ...JSON.parse(text), template: 'theirs' });
    expect(() => changeSettings(catalog, foreign, wanted)).toThrow(NotFoundError);
    expect(() => changeSettings(catalog, foreign, wanted)).toThrow(
      expect.objectContaining({
        message: 'the template theirs, of which the sandbox was made, is not here',
        hint: expect.stringContaining('BDSANDBOX_TEMPLATES=FOLDER'),
      }),
    );
    for (const plan of ['', '{}', 'null']) expect(() => changeSettings(catalog, plan, wanted)).toThrow(FailedError);
  });

  test('a node that the template has no more', () => {
    const [file] = change(planWith([], 1), ['zoo.cfg:a=b']).files;
    expect(() => file?.edit('worker9', '')).toThrow('has no node worker9 any more');
  });
});

test('of another template than its own the digest says only that it is another', () => {
  const plan = { ...planWith(), digest: 'made elsewhere' };
  const text = JSON.stringify({
    ...JSON.parse(contentOf(planWith().nodes[0], '/etc/bdsandbox/plan.json')),
    digest: plan.digest,
  });
  const { digest } = JSON.parse(changeSettings(catalog, text, { set: ['zoo.cfg:a=b'], unset: [] }).plan) as Plan;
  expect([plan.digest, planWith(['zoo.cfg:a=b']).digest]).not.toContain(digest);
});
