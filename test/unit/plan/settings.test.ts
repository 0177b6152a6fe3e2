import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors/index.js';
import { makePlan } from '../../../src/plan/index.js';
import { catalog, contentOf } from './shipped.js';

const FILES =
  'the config files are zoo.cfg, core-site, hdfs-site, yarn-site, capacity-scheduler, mapred-site, hadoop-metrics2, log4j-service, log4j, hbase-site, hadoop-metrics2-hbase, log4j2-service, log4j2';
const EXAMPLE = 'FILE:KEY=VALUE is expected, e.g. --set hdfs-site:dfs.replication=2';

function planWith(...settings: string[]) {
  return makePlan(catalog, { template: 'hadoop-hbase', nodes: 1, settings });
}

function propertiesOf(xml: string): Record<string, string> {
  const parsed = new XMLParser({ parseTagValue: false, trimValues: false }).parse(xml);
  const list: { name: string; value: string }[] = parsed.configuration.property;
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

describe('a setting goes over what the component says', () => {
  test.each([
    ['hdfs-site:dfs.replication=2', '/etc/hadoop/hdfs-site.xml', 'dfs.replication', '2'],
    ['hdfs-site.xml:dfs.replication=2', '/etc/hadoop/hdfs-site.xml', 'dfs.replication', '2'],
    ['hbase-site:my.own=a=b:c', '/etc/hbase/hbase-site.xml', 'my.own', 'a=b:c'],
    ['hbase-site:my.empty=', '/etc/hbase/hbase-site.xml', 'my.empty', ''],
    ['core-site:my.text={{ not.liquid }}', '/etc/hadoop/core-site.xml', 'my.text', '{{ not.liquid }}'],
    [`core-site:my.text=<a b="c">&amp; 'ü→𝄞' ]]>`, '/etc/hadoop/core-site.xml', 'my.text', `<a b="c">&amp; 'ü→𝄞' ]]>`],
    ['core-site:__proto__=x', '/etc/hadoop/core-site.xml', '__proto__', 'x'],
  ])('%s', (setting, path, key, value) => {
    const plan = planWith(setting);
    expect(Object.entries(propertiesOf(contentOf(plan.nodes[0], path)))).toContainEqual([key, value]);
    expect(plan.settings).toEqual([setting]);
  });

  test('in a properties file', () => {
    const plan = planWith('zoo.cfg:tickTime=3000', 'log4j:log4j.rootLogger=DEBUG, console');
    expect(contentOf(plan.nodes[0], '/etc/zookeeper/zoo.cfg')).toMatch(/^tickTime=3000$/m);
    expect(contentOf(plan.nodes[0], '/etc/hadoop/log4j.properties')).toMatch(/^log4j\.rootLogger=DEBUG, console$/m);
  });

  test('the last one of a key counts', () => {
    const plan = planWith('zoo.cfg:tickTime=3000', 'zoo.cfg:tickTime=4000');
    expect(contentOf(plan.nodes[0], '/etc/zookeeper/zoo.cfg')).toMatch(/^tickTime=4000$/m);
  });
});

test.each([
  ['hdfs-sit:a=b', '"hdfs-sit:a=b": there is no config file "hdfs-sit"; did you mean "hdfs-site"?', FILES],
  ['hive-site.xml:a=b', '"hive-site.xml:a=b": there is no config file "hive-site.xml"', FILES],
  ['logback:a=b', '"logback:a=b": /etc/zookeeper/logback.xml is a text file without keys and values', FILES],
  ['logback.xml:a=b', '"logback.xml:a=b": /etc/zookeeper/logback.xml is a text file without keys and values', FILES],
  ['dfs.replication=2', 'the setting "dfs.replication=2" is not complete', EXAMPLE],
  ['hdfs-site:dfs.replication', 'the setting "hdfs-site:dfs.replication" is not complete', EXAMPLE],
  ['hdfs-site:=2', 'the setting "hdfs-site:=2" is not complete', EXAMPLE],
  ['', 'the setting "" is not complete', EXAMPLE],
  ['zoo.cfg:a=b\nserver.1=evil', 'the setting of a has a control character', EXAMPLE],
])('%j is refused', (setting, message, hint) => {
  const error = catchError(() => planWith(setting));
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ message, hint });
});

function catchError(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}
