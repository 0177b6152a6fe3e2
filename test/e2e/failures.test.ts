import { createServer } from 'node:net';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bds, docker, inNode, json, ok, type Run, traces } from './cli.js';
import { BROKEN, TINY } from './tiny.js';

const environment = TINY;

/** One clear line and the next thing to do; no stack trace; nothing on stdout. */
function expectClear(run: Run, exitCode: number, message: RegExp): void {
  expect(run, run.stderr).toMatchObject({ exitCode, stdout: '' });
  expect(run.stderr).toMatch(message);
  expect(run.stderr).toMatch(/^ {2}next: \S/m);
  expect(run.stderr).not.toMatch(/^\s+at .*\(?.*:\d+:\d+\)?$/m);
}

describe('what goes wrong is told, with the documented exit code, and leaves nothing', () => {
  let before: Awaited<ReturnType<typeof traces>>;

  beforeAll(async () => {
    await ok(['images', 'build', 'tiny'], { environment });
    before = await traces();
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
  });

  test.each([
    ['a name that cannot be', ['create', 'tiny', 'No_Name'], 2, /"No_Name" is not a name/],
    ['no such template', ['create', 'tinny'], 3, /no template "tinny".*tiny/],
    ['a size the template has not', ['create', 'tiny', '--nodes', '9'], 2, /9/],
    ['an unknown setting', ['create', 'tiny', '--set', 'tinny:a=b'], 2, /tinny/],
    ['a setting without a value', ['create', 'tiny', '--set', 'tiny'], 2, /tiny/],
    ['an unknown component', ['create', 'tiny', '--with', 'hbase=2.0'], 2, /no component hbase/],
    [
      'a tarball that is not there',
      ['create', 'tiny', '--with', 'tiny=./none.tar.gz'],
      3,
      /none\.tar\.gz is not there/,
    ],
    ['a time to live that is none', ['create', 'tiny', '--ttl', 'soon'], 2, /soon/],
    ['an unknown flag', ['create', 'tiny', '--fast'], 2, /--fast/],
    ['an unknown command', ['crate', 'tiny'], 2, /crate/],
    ['no template named', ['create'], 2, /TEMPLATE/],
    ['a sandbox that is not there', ['status', 'e2e-nobody'], 3, /no sandbox e2e-nobody/],
    ['exec in none', ['exec', 'e2e-nobody', '--', 'true'], 3, /no sandbox e2e-nobody/],
    ['destroy of none', ['destroy', 'e2e-nobody', '--force'], 3, /no sandbox e2e-nobody/],
    ['destroy of nothing', ['destroy'], 2, /say which/],
    ['an image that is not there', ['images', 'push', 'bdsandbox/none:1'], 3, /no image bdsandbox\/none:1/],
    ['a service that cannot be published', ['create', 'tiny', '--publish', 'web'], 2, /no service web/],
  ])('%s', async (_, args, exitCode, message) => {
    expectClear(await bds(args, { environment }), exitCode, message);
    expect(await traces()).toEqual(before);
  });

  test.each([
    ['output that cannot be written', '"$0" ls >/dev/full', /can't write the output: ENOSPC/],
    ['the same of JSON', '"$0" ls --json >/dev/full', /can't write the output: ENOSPC/],
    [
      'a folder that was removed',
      'cd "$(mktemp -d)" && rmdir "$PWD" && "$0" ls',
      /the folder you are in was removed\n.*next: go/,
    ],
  ])('%s', async (_, script, message) => {
    const { exitCode, stdout, stderr } = await execa('bash', ['-c', script, inject('program')], { reject: false });
    expectClear({ exitCode, stdout, stderr }, 1, message);
  });

  test('--json gives the error as an object', async () => {
    const { exitCode, stdout } = await bds(['status', 'e2e-nobody', '--json']);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: { code: 'NOT_FOUND', message: 'there is no sandbox e2e-nobody', hint: expect.any(String) },
    });
  });

  test('a broken template is named with file, line and field', async () => {
    const run = await bds(['create', 'broken'], { environment: BROKEN });
    expectClear(run, 2, /broken\.yaml:9: topologies\.single\.groups\[0\]\.services\[0\].*zookeper.*zookeeper/);
  });

  test('no engine answers', async () => {
    const run = await bds(['ls'], { environment: { BDSANDBOX_ENGINE: 'unix:///nowhere.sock' } });
    expectClear(run, 4, /nowhere\.sock/);
  });

  test('the registry is down', async () => {
    const [image] = (await ok(['images', 'ls', '-q'])).split('\n');
    const run = await bds(['images', 'push', image ?? ''], { environment: { BDSANDBOX_REGISTRY: '127.0.0.1:1' } });
    expectClear(run, 1, /127\.0\.0\.1:1/);
    expect(run.stderr).toContain('bdsandbox registry up');
  });

  test('a service that fails is named, with its node and last log lines', async () => {
    const run = await bds(['create', 'tiny', 'e2e-fail', '--set', 'tiny:mode=fail'], { environment });
    expectClear(run, 1, /follower on node\d failed: .*3/);
    expect(run.stderr).toContain('mode is fail');
    expect(await traces()).toEqual(before);
  });

  test('with --keep it stays, to look inside', async () => {
    const run = await bds(['create', 'tiny', 'e2e-kept', '--nodes', '1', '--keep', '--set', 'tiny:mode=fail'], {
      environment,
    });
    expect(run.exitCode).toBe(1);
    expect(await inNode('e2e-kept', 'cat /etc/tiny/tiny.properties')).toContain('mode=fail');
    await ok(['prune']);
    await ok(['destroy', 'e2e-kept', '--force']);
    expect(await traces()).toEqual(before);
  });

  test('a service that does not become ready in time ends with 69', async () => {
    const started = Date.now();
    const run = await bds(['create', 'tiny', 'e2e-slow', '--timeout', '4s', '--set', 'tiny:mode=wait'], {
      environment,
    });
    expectClear(run, 69, /follower on node\d was not ready within 4 s: not following/);
    expect(Date.now() - started).toBeLessThan(30_000);
    expect(await traces()).toEqual(before);
  });

  test('a name that is taken: exit 5, and the other stays as it was', async () => {
    await ok(['create', 'tiny', 'e2e-taken', '--nodes', '1'], { environment });
    const theirs = await traces();
    expectClear(await bds(['create', 'tiny', 'e2e-taken'], { environment }), 5, /sandbox e2e-taken already/);
    expect(await traces()).toEqual(theirs);
    await ok(['destroy', 'e2e-taken', '--force']);
  });

  test('of two creates of one name at once, one wins and the other exits 5', async () => {
    for (let round = 0; round < 3; round += 1) {
      const runs = await Promise.all([
        bds(['create', 'tiny', 'e2e-race'], { environment }),
        bds(['create', 'tiny', 'e2e-race', '--nodes', '1'], { environment }),
      ]);
      expect(runs.map(({ exitCode }) => exitCode).sort(), runs.map(({ stderr }) => stderr).join()).toEqual([0, 5]);
      const { nodes } = await json<{ nodes: unknown[] }>(['status', 'e2e-race']);
      expect((await traces())['containers']).toHaveLength(nodes.length);
      await ok(['destroy', 'e2e-race', '--force']);
      expect(await traces()).toEqual(before);
    }
  });

  test('a port of the host that is taken: exit 5', async () => {
    await using server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const args = ['create', 'tiny', '--nodes', '1', '--publish', `follower=${port}`];
    expectClear(await bds(args, { environment }), 5, new RegExp(`${port}`));
    expect(await traces()).toEqual(before);
  });

  test('published ports are on 127.0.0.1, or where asked', async () => {
    const create = async (name: string, ...more: string[]): Promise<string> => {
      await ok(['create', 'tiny', name, '--nodes', '1', '--publish', 'follower', ...more], { environment });
      return docker('port', `bds.${name}`);
    };
    expect(await create('e2e-inside')).toMatch(/^7070\/tcp -> 127\.0\.0\.1:\d+$/);
    expect(await create('e2e-outside', '--publish-address', '0.0.0.0')).toMatch(/^7070\/tcp -> 0\.0\.0\.0:\d+$/m);
    await ok(['destroy', 'e2e-inside', 'e2e-outside', '--force']);
    expect(await traces()).toEqual(before);
  });

  test('a stopped node degrades, and status and ls say so', async () => {
    await ok(['create', 'tiny', 'e2e-lame'], { environment });
    await docker('kill', 'bds.e2e-lame.node2');
    const status = await json<{ state: string; nodes: { name: string; state: string }[] }>(['status', 'e2e-lame']);
    expect(status.state).toBe('degraded');
    expect(status.nodes.map(({ name, state }) => [name, state])).toEqual([
      ['node1', 'running'],
      ['node2', 'stopped'],
      ['node3', 'running'],
    ]);
    expect(await ok(['ls'])).toMatch(/e2e-lame\s+degraded/);
    await ok(['destroy', 'e2e-lame', '--force']);
  });
});
