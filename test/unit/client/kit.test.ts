import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeKit, type Shell, writeKitTo } from '../../../src/client/index.js';
import { memoryEngines } from '../../../src/engine/memory/index.js';
import { silent } from '../../../src/events/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox, destroySandboxes, findSandbox } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';
import { opening, seen } from './fixture.js';

const plan = tinyPlan(1);
const files = [
  { path: '/etc/bdsandbox/environment', content: 'HADOOP_CONF_DIR=/etc/hadoop\n', mode: 0o644 },
  { path: '/etc/hadoop/core-site.xml', content: '<configuration/>', mode: 0o644 },
];
const engine = () => tinyEngine().when([...BARE, 'cat'], ({ stdout }) => stdout(seen));
const create = (on: ReturnType<typeof engine>, name: string, more: typeof files = []) => {
  const nodes = plan.nodes.map((node) => ({ ...node, files: [...node.files, ...files, ...more] }));
  return createSandbox(contextOf(on), request({ name, plan: { ...plan, nodes } }));
};
const OPEN = { connect: opening() };
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'bdsandbox-kits-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the kit of a sandbox', () => {
  test('has config and names, in a folder of this attempt', async () => {
    const on = engine();
    await create(on, 'demo');
    const { engines, record } = await found(on, 'demo');
    const kit = await makeKit(engines, record, root, OPEN);
    expect(path.relative(root, kit.folder)).toMatch(/^demo-[0-9a-f]{8}$/);
    expect(kit).toMatchObject({
      sandbox: 'demo',
      clientAddress: '10.213.0.1',
      hosts: [{ name: 'node1', address: '10.213.0.2' }],
      folders: { HADOOP_CONF_DIR: 'hadoop' },
      files: ['hadoop/core-site.xml', 'hosts', 'etc-hosts'],
    });
    expect(readFileSync(path.join(kit.folder, 'hosts'), 'utf8')).toBe(
      `10.213.0.2 node1\n127.0.0.1 localhost\n10.213.0.1 ${hostname()}\n`,
    );
    expect(readFileSync(path.join(kit.folder, 'etc-hosts'), 'utf8')).toMatch(/^10\.213\.0\.2 node1\n[\s\S]*localhost/);
    expect(readFileSync(path.join(kit.folder, 'hadoop/core-site.xml'), 'utf8')).toContain('hadoop.tmp.dir');
  });

  test('has secrets for its owner’s eyes alone, and another log level beside it', async () => {
    const on = engine();
    const secret = '<configuration><property><name>a.password</name><value>x</value></property></configuration>';
    await create(on, 'demo', [
      { path: '/etc/hadoop/hdfs-site.xml', content: secret, mode: 0o644 },
      { path: '/etc/hadoop/log4j.properties', content: 'log4j.rootLogger=WARN, console', mode: 0o644 },
    ]);
    const { engines, record } = await found(on, 'demo');
    const { folder } = await makeKit(engines, record, root, OPEN);
    const modes = ['hosts', 'etc-hosts', 'hadoop/core-site.xml', 'hadoop/hdfs-site.xml'].map(
      (file) => statSync(path.join(folder, file)).mode & 0o777,
    );
    expect(modes).toEqual([0o644, 0o644, 0o644, 0o600]);
    const loud = await makeKit(engines, record, root, { ...OPEN, logLevel: 'INFO' });
    const levels = [folder, loud.folder].map((each) =>
      readFileSync(path.join(each, 'hadoop/log4j.properties'), 'utf8'),
    );
    expect(levels).toEqual(['log4j.rootLogger=WARN, console', 'log4j.rootLogger=INFO, console']);
    expect(loud.problems).toEqual([]);
  });

  test('that has no log config tells that a level changes nothing', async () => {
    const on = engine();
    await create(on, 'demo');
    const { engines, record } = await found(on, 'demo');
    const { problems } = await makeKit(engines, record, root, { ...OPEN, logLevel: 'INFO' });
    expect(problems).toEqual(['no config file says at which level clients log']);
  });

  test('is there beside another’s, until its sandbox is gone', async () => {
    const on = engine();
    for (const name of ['one', 'two']) await create(on, name);
    for (const name of ['one', 'two']) {
      const { engines, record } = await found(on, name);
      await makeKit(engines, record, root, OPEN);
    }
    expect(kitNames()).toEqual(['one', 'two']);
    const { engines, record } = await found(on, 'two');
    await destroySandboxes(engines, [(await found(on, 'one')).record], silent);
    await makeKit(engines, record, root, OPEN);
    expect(kitNames()).toEqual(['two']);
  });

  test('of a sandbox on another engine stays', async () => {
    const here = engine();
    const there = tinyEngine({ info: { rootDirectory: '/elsewhere' } }).when([...BARE, 'cat'], ({ stdout }) =>
      stdout(seen),
    );
    await create(here, 'one');
    await create(there, 'two');
    for (const [on, name] of [
      [here, 'one'],
      [there, 'two'],
    ] as const) {
      const { engines, record } = await found(on, name);
      await makeKit(engines, record, root, OPEN);
    }
    expect(kitNames()).toEqual(['one', 'two']);
  });

  test('that could not work is not made', async () => {
    const on = engine();
    await create(on, 'demo');
    const { engines, record } = await found(on, 'demo');
    const connect = async () => ({ kind: 'silent', reason: 'no answer within 1.5 s' }) as const;
    await expect(makeKit(engines, record, root, { connect })).rejects.toThrow('cannot reach');
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('a kit in a folder of the user', () => {
  test.each<[Shell, string]>([
    ['bash', 'env.sh'],
    ['zsh', 'env.sh'],
    ['fish', 'env.fish'],
  ])('has a file for %s to source', async (shell, name) => {
    const { source, kit } = await write({ shell });
    expect(source).toBe(path.join(root, 'kit', name));
    expect(kit.files).toContain(name);
    expect(readdirSync(path.join(root, 'kit')).sort()).toEqual(
      [name, 'etc-hosts', 'hadoop', 'hosts', 'kit.json'].sort(),
    );
  });

  test('leads a shell to it, which keeps its own options', async () => {
    const { source } = await write({});
    const script =
      '. "$1" && . "$1" && echo "$BDSANDBOX_SANDBOX $HADOOP_CONF_DIR $BDSANDBOX_JAVA_OPTIONS|$HBASE_OPTS|$CLIENT_JVMFLAGS"';
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-euc', script, 'bash', source], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HBASE_OPTS: '-Xmx1g' },
    });
    const option = `-Djdk.net.hosts.file=${root}/kit/hosts`;
    expect(stderr).toBe('');
    expect(stdout).toBe(`demo ${root}/kit/hadoop ${option}|-Xmx1g ${option}|${option}\n`);
  });

  test('adds the nodes to what a shell reaches without a proxy, once', async () => {
    const { source } = await write({});
    const script = '. "$1" && . "$1" && echo "$no_proxy $NO_PROXY"';
    for (const [env, expected] of [
      [{}, 'node1,10.213.0.2 node1,10.213.0.2'],
      [{ NO_PROXY: 'corp' }, 'corp,node1,10.213.0.2 corp,node1,10.213.0.2'],
      [{ NO_PROXY: 'a', no_proxy: 'b,c' }, 'b,c,node1,10.213.0.2 a,node1,10.213.0.2'],
    ] as const) {
      const options = { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } } as const;
      const { stdout } = spawnSync('bash', ['--norc', '-euc', script, 'bash', source], options);
      expect(stdout).toBe(`${expected}\n`);
    }
  });

  test('takes no file’s place unless forced', async () => {
    mkdirSync(path.join(root, 'kit'));
    writeFileSync(path.join(root, 'kit', 'env.sh'), 'mine');
    await expect(write({})).rejects.toThrow('these files are not of a kit: env.sh');
    expect(readdirSync(path.join(root, 'kit'))).toEqual(['env.sh']);
    await write({ force: true });
    await write({});
    expect(readFileSync(path.join(root, 'kit', 'env.sh'), 'utf8')).toContain('HADOOP_CONF_DIR');
  });

  test('whose path a JVM’s options cannot have is refused, and nothing is written', async () => {
    await expect(write({ name: 'my kit' })).rejects.toMatchObject({ code: 'USAGE' });
    expect(readdirSync(root)).toEqual([]);
  });

  async function write({ shell = 'bash' as Shell, force = false, name = 'kit' }) {
    const on = engine();
    await create(on, 'demo');
    const { engines, record } = await found(on, 'demo');
    return writeKitTo(engines, record, { folder: path.join(root, name), shell, force }, OPEN);
  }
});

async function found(on: ReturnType<typeof engine>, name: string) {
  const engines = memoryEngines(on);
  return { engines, record: await findSandbox(engines, name, 'ann') };
}

function kitNames(): string[] {
  return readdirSync(root)
    .map((name) => name.replace(/-[0-9a-f]{8}$/, ''))
    .sort();
}
