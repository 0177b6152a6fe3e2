import { describe, expect, test } from 'vitest';
import { changed, type Environment, enterKit, type Kit, leaveKit } from '../../../src/client/index.js';
import { UsageError } from '../../../src/errors/index.js';

const demo = kitOf('demo', { HADOOP_CONF_DIR: 'hadoop', HBASE_CONF_DIR: 'hbase' });
const other = kitOf('other', { ZOOCFGDIR: 'zookeeper' });
const JVM = { names: 'jvm', allJvms: false } as const;
const DEMO_OPTION = '-Djdk.net.hosts.file=/kits/demo/hosts';

describe('a kit', () => {
  test('leads programs to its config and its names', () => {
    expect(enter({}, demo)).toEqual({
      BDSANDBOX_SANDBOX: 'demo',
      BDSANDBOX_KIT: '/kits/demo',
      BDSANDBOX_CLIENT_ADDRESS: '10.253.0.1',
      BDSANDBOX_JAVA_OPTIONS: DEMO_OPTION,
      BDSANDBOX_KIT_BEFORE: expect.any(String),
      HADOOP_CONF_DIR: '/kits/demo/hadoop',
      HBASE_CONF_DIR: '/kits/demo/hbase',
      HADOOP_CLIENT_OPTS: DEMO_OPTION,
      HBASE_OPTS: DEMO_OPTION,
      SPARK_SUBMIT_OPTS: DEMO_OPTION,
      CLIENT_JVMFLAGS: DEMO_OPTION,
    });
  });

  test('is for every JVM when asked for', () => {
    const all = changed({}, enterKit(demo, { JAVA_TOOL_OPTIONS: '-Xmx1g' }, { names: 'jvm', allJvms: true }));
    expect(all['JAVA_TOOL_OPTIONS']).toBe(`-Xmx1g ${DEMO_OPTION}`);
  });

  test('adds to options that are there, once, however often it is taken', () => {
    const once = enter({ HBASE_OPTS: '-Xmx1g -Dx="a  b"' }, demo);
    expect(once['HBASE_OPTS']).toBe(`-Xmx1g -Dx="a  b" ${DEMO_OPTION}`);
    expect(enter({ ...once, HBASE_OPTS: `${once['HBASE_OPTS']} -Dlate` }, demo)['HBASE_OPTS']).toBe(
      `-Xmx1g -Dx="a  b" -Dlate ${DEMO_OPTION}`,
    );
    expect(enter(once, demo)).toEqual(once);
  });

  test('takes the place of another, and nothing of that stays', () => {
    const second = enter(enter({ HADOOP_CONF_DIR: '/etc/hadoop/conf' }, demo), other);
    expect(second).toMatchObject({
      BDSANDBOX_SANDBOX: 'other',
      ZOOCFGDIR: '/kits/other/zookeeper',
      HADOOP_CONF_DIR: '/etc/hadoop/conf',
      HBASE_OPTS: '-Djdk.net.hosts.file=/kits/other/hosts',
    });
    expect(JSON.stringify(without(second))).not.toContain('/kits/demo');
  });

  test('with an /etc/hosts of its own needs no options, and takes away an older kit’s', () => {
    const first = enter({ HBASE_OPTS: '-Xmx1g' }, demo);
    const run = without(changed(first, enterKit(other, first, { names: 'hosts', allJvms: false })));
    expect(run).toMatchObject({ HBASE_OPTS: '-Xmx1g', ZOOCFGDIR: '/kits/other/zookeeper' });
    expect(Object.keys(run)).not.toContain('HADOOP_CLIENT_OPTS');
    expect(Object.keys(run)).not.toContain('BDSANDBOX_JAVA_OPTIONS');
  });

  test.each(['/a b', "/it's", '/a"b', '/$x', '/a*', '/a\nb', '/[x]'])('in %j is refused for JVMs alone', (folder) => {
    const kit = { ...demo, folder };
    expect(() => enterKit(kit, {}, JVM)).toThrow(UsageError);
    expect(enterKit(kit, {}, { names: 'hosts', allJvms: false }).get('BDSANDBOX_KIT')).toBe(folder);
  });
});

describe('proxies', () => {
  const near = { ...demo, hosts: [{ name: 'sandbox', address: '172.30.0.2' }] };
  const NODES = 'sandbox,172.30.0.2';
  const both = (list: string) => ({ no_proxy: list, NO_PROXY: list });

  test.each<[Environment, Environment]>([
    [{}, both(NODES)],
    [{ no_proxy: 'localhost, .corp' }, both(`localhost,.corp,${NODES}`)],
    [{ NO_PROXY: 'corp' }, both(`corp,${NODES}`)],
    [
      { NO_PROXY: 'a', no_proxy: 'sandbox' },
      { NO_PROXY: `a,${NODES}`, no_proxy: NODES },
    ],
    [both('*'), both('*')],
  ])('%j: the nodes are reached without', (environment, expected) => {
    for (const names of ['jvm', 'hosts'] as const) {
      const inside = changed(environment, enterKit(near, environment, { names, allJvms: false }));
      expect(inside).toMatchObject(expected);
      expect(changed(inside, enterKit(near, inside, { names, allJvms: false }))).toEqual(inside);
      expect(without(changed(inside, leaveKit(inside) ?? new Map()))).toEqual(environment);
    }
  });

  test.each([
    ['-Dhttp.proxyHost=p', '-Dhttp.nonProxyHosts=localhost|127.*|[::1]|sandbox|172.30.0.2'],
    ['-Xmx1g -Dhttps.proxyHost=p -Dhttp.nonProxyHosts=corp', '-Dhttp.nonProxyHosts=corp|sandbox|172.30.0.2'],
    ['"-Dhttp.proxyHost=p" -Dhttp.nonProxyHosts="a|b"', '-Dhttp.nonProxyHosts=a|b|sandbox|172.30.0.2'],
    ['-DsocksProxyHost=p', '-DsocksNonProxyHosts=localhost|127.*|[::1]|sandbox|172.30.0.2'],
  ])('a JVM with %s too', (options, added) => {
    const environment = { MAVEN_OPTS: options, HADOOP_CLIENT_OPTS: options, PLAIN_OPTS: '-Xmx1g' };
    const inside = enter(environment, near);
    expect(inside).toMatchObject({
      MAVEN_OPTS: `${options} ${added}`,
      HADOOP_CLIENT_OPTS: `${options} ${added} ${DEMO_OPTION}`,
      PLAIN_OPTS: '-Xmx1g',
    });
    expect(enter(inside, near)).toEqual(inside);
    for (const kits of [inside, enter(inside, other)]) {
      expect(without(changed(kits, leaveKit(kits) ?? new Map()))).toEqual(environment);
    }
  });
});

describe('leaving a kit', () => {
  test.each<[string, Environment]>([
    ['nothing', {}],
    [
      'all of it',
      {
        HADOOP_CONF_DIR: '/etc/hadoop/conf',
        HBASE_OPTS: '-Xmx1g',
        BDSANDBOX_SANDBOX: 'mine',
        JAVA_TOOL_OPTIONS: '-Da',
      },
    ],
  ])('puts an environment back that had %s', (_, environment) => {
    const inside = changed(environment, enterKit(demo, environment, { names: 'jvm', allJvms: true }));
    for (const kits of [inside, enter(inside, other), enter(enter(inside, other), demo)]) {
      expect(without(changed(kits, leaveKit(kits) ?? new Map()))).toEqual(environment);
    }
  });

  test('without a kit changes nothing', () => {
    expect(leaveKit({ HADOOP_CONF_DIR: '/etc/hadoop/conf' })).toBeUndefined();
  });

  test('of a kit that was sourced takes all that leads into it, but not the shell’s own folder', () => {
    const mine = { A_CONF_DIR: '/kits/demo2/x', PWD: '/kits/demo/hadoop' };
    const { BDSANDBOX_KIT_BEFORE: _, ...sourced } = enter(mine, demo);
    expect(without(changed(sourced, leaveKit(sourced) ?? new Map()))).toEqual(mine);
  });

  test.each(['no JSON', 'null', '[]', '{"HADOOP_CONF_DIR":5,"A;id":"x"}'])(
    'survives a record that is %j',
    (BDSANDBOX_KIT_BEFORE) => {
      const inside = { ...enter({}, demo), BDSANDBOX_KIT_BEFORE };
      expect(without(changed(inside, leaveKit(inside) ?? new Map()))).toEqual({});
    },
  );
});

function kitOf(sandbox: string, folders: Record<string, string>): Kit {
  const folder = `/kits/${sandbox}`;
  return { sandbox, folder, hosts: [], clientAddress: '10.253.0.1', folders, files: [], problems: [] };
}

function enter(environment: Environment, kit: Kit): Environment {
  return changed(environment, enterKit(kit, environment, JVM));
}

function without(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
}
