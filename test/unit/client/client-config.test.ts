import { describe, expect, test } from 'vitest';
import { forClients, readClientConfig } from '../../../src/client/client-config.js';
import { FailedError } from '../../../src/errors/index.js';
import { tinyEngine } from '../sandbox/fixture.js';

const site = (properties = '') => `<?xml version="1.0"?>\n<configuration>\n${properties}</configuration>\n`;

describe('config of a node', () => {
  test('comes with the variables that lead there, without what is the daemons’ alone', async () => {
    const config = await read({
      '/etc/bdsandbox/environment':
        'HADOOP_HOME=/opt/hadoop\nHADOOP_CONF_DIR=/etc/hadoop/\nYARN_CONF_DIR=/etc/hadoop\nZOOCFGDIR=/etc/zookeeper\nMY_CONF_DIR=/opt/my/conf\nCONF_DIR=/etc/x\n',
      '/etc/hadoop/yarn-site.xml': site(),
      '/etc/hadoop/log4j.properties': 'a=b',
      '/etc/hadoop/log4j-service.properties': 'x',
      '/etc/hadoop/capacity-scheduler.xml': site(),
      '/etc/hadoop/deeper/core-site.xml': site(),
      '/etc/zookeeper/zoo.cfg': 'clientPort=2181',
      '/opt/my/conf/my.conf': 'my',
      '/etc/x/x.conf': 'x',
    });
    expect(config.folders).toEqual({
      HADOOP_CONF_DIR: 'hadoop',
      YARN_CONF_DIR: 'hadoop',
      ZOOCFGDIR: 'zookeeper',
      MY_CONF_DIR: 'opt/my/conf',
    });
    expect(Object.fromEntries(config.files.map(({ path, content }) => [path, content]))).toEqual({
      'hadoop/yarn-site.xml': site(),
      'hadoop/log4j.properties': 'a=b',
      'zookeeper/zoo.cfg': 'clientPort=2181',
      'opt/my/conf/my.conf': 'my',
    });
    expect(config.problems).toEqual([]);
  });

  test('says which variable leads nowhere, and leaves it out', async () => {
    const config = await read({
      '/etc/bdsandbox/environment': 'HADOOP_CONF_DIR=/etc/hadoop\nHBASE_CONF_DIR=/etc/hbase\n',
      '/etc/hbase/hbase-site.xml': site(),
    });
    expect(config.folders).toEqual({ HBASE_CONF_DIR: 'hbase' });
    expect(config.problems).toEqual([
      'HADOOP_CONF_DIR is left out: there are no config files in /etc/hadoop of the node',
    ]);
  });

  test.each([
    ['is none', undefined],
    ['is empty', ''],
    [
      'has names that no shell has',
      'A;touch x_CONF_DIR=/etc/hadoop\n$(id)_CONF_DIR=/etc/hadoop\na_CONF_DIR=/etc/hadoop\n',
    ],
    ['has folders that are none', 'A_CONF_DIR=\nB_CONF_DIR=hadoop\nC_CONF_DIR=/\nD_CONF_DIR=/..\n'],
  ])('has no variables when the environment %s', async (_, environment) => {
    const config = await read({
      ...(environment === undefined ? {} : { '/etc/bdsandbox/environment': environment }),
      '/etc/hadoop/core-site.xml': site(),
    });
    expect([config.folders, config.files]).toEqual([{}, []]);
  });

  test('stays in the kit, wherever a variable leads', async () => {
    const config = await read({
      '/etc/bdsandbox/environment': 'HADOOP_CONF_DIR=/etc/../../../etc/hadoop\n',
      '/etc/hadoop/x.xml': site(),
    });
    expect(config.files.map(({ path }) => path)).toEqual(['hadoop/x.xml']);
  });

  test('leaves out what is too large for config', async () => {
    const config = await read({
      '/etc/bdsandbox/environment': 'HADOOP_CONF_DIR=/etc/hadoop\n',
      '/etc/hadoop/heap.xml': 'x'.repeat((1 << 20) + 1),
      '/etc/hadoop/last.xml': site(),
    });
    expect(config.files.map(({ path }) => path)).toEqual(['hadoop/last.xml']);
  });

  test('leaves out whatever a launcher or a JVM of the host would run', async () => {
    const scripts = ['hadoop-env.sh', 'hadoop-user-functions.sh', 'hbase-env.sh', 'java.env', 'hadoop-env.cmd', 'rc'];
    const code = ['Evil.class', 'evil.jar', 'evil.so', 'x.xml.sh'];
    const planted = [...scripts, ...code].map((name) => [`/etc/hadoop/${name}`, 'touch /tmp/owned'] as const);
    const config = await read({
      '/etc/bdsandbox/environment': 'HADOOP_CONF_DIR=/etc/hadoop\n',
      '/etc/hadoop/yarn-site.xml': site(),
      ...Object.fromEntries(planted),
    });
    expect(config.files.map(({ path }) => path)).toEqual(['hadoop/yarn-site.xml']);
  });
});

describe('for programs outside', () => {
  test.each([
    ['core-site.xml', 'hadoop.tmp.dir', '${' + 'java.io.tmpdir}/hadoop-${' + 'user.name}'],
    ['hbase-site.xml', 'hbase.tmp.dir', '${' + 'java.io.tmpdir}/hbase-${' + 'user.name}'],
    ['hdfs-site.xml', 'dfs.client.use.datanode.hostname', 'true'],
  ])('%s ends with %s', (file, name, value) => {
    const own = `  <property><name>${name}</name><value>old</value></property>\n`;
    expect(forClients(file, site(own))).toBe(
      site(`${own}  <property><name>${name}</name><value>${value}</value></property>\n`),
    );
    expect(forClients(file, '<configuration/>')).toContain(`<value>${value}</value></property>\n</configuration>`);
  });

  test('other files are as they are', () => {
    expect(forClients('yarn-site.xml', 'anything')).toBe('anything');
  });

  test('a file that is no configuration is an error, not a kit that does not work', () => {
    expect(() => forClients('core-site.xml', '<config>')).toThrow(FailedError);
  });
});

async function read(files: Record<string, string>) {
  const engine = tinyEngine();
  const image = 'bdsandbox/tiny:1';
  const id = await engine.containers.create({ name: 'n', image, hostname: 'n', labels: {}, environment: {} });
  await engine.containers.writeFiles(
    id,
    Object.entries(files).map(([path, content]) => ({ path, content })),
  );
  return readClientConfig(engine, id);
}
