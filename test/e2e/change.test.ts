import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ChangedServices, Lifecycle, Sandbox } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, OWNER, ok, runAndSignal, traces } from './cli.js';
import { TINY } from './tiny.js';

const NAME = 'e2e-change';
let before: Awaited<ReturnType<typeof traces>>;
let folder: string;
const here = (...parts: string[]): string => join(folder, ...parts);

beforeAll(async () => {
  await ok(['images', 'build', 'tiny'], { environment: TINY });
  before = await traces();
  folder = await mkdtemp(join(tmpdir(), 'bdsandbox-e2e-'));
  await ok(['create', 'tiny', NAME, '--nodes', '2'], { environment: TINY });
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await rm(folder, { recursive: true, force: true });
  expect(await traces()).toEqual(before);
});

const pidOf = async (node: string, service: string): Promise<number | null | undefined> =>
  (await json<Sandbox>(['status', NAME])).nodes
    .find(({ name }) => name === node)
    ?.services.find(({ name }) => name === service)?.pid;
const changes = (): Promise<string> => inNode(NAME, 'cat /etc/bdsandbox/changes/*');

describe('services', () => {
  test('stop, on all nodes that have it; a second time is fine', async () => {
    const stopped = await json<ChangedServices>(['service', 'stop', 'follower']);
    expect(stopped.changed).toEqual(['node1/follower', 'node2/follower']);
    expect(stopped.services.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    expect((await json<Sandbox>(['status', NAME])).state).toBe('degraded');
    expect(await json(['service', 'stop', NAME, 'follower'])).toMatchObject({ changed: [] });
    expect(await changes()).toContain('"what":"services stopped"');
  });

  test('start waits until it is ready, on the node that is named alone', async () => {
    await inNode(`${NAME}/node2`, 'rm /data/follow');
    const started = await json<ChangedServices>(['service', 'start', `${NAME}/node2`, 'follower']);
    expect(started.services).toMatchObject([{ node: 'node2', state: 'ready', detail: 'following' }]);
    expect(await ok(['service', 'ls', `${NAME}/node1`, 'follower'])).toMatch(/stopped on request/);
    await ok(['service', 'start', NAME, '--all']);
    expect((await json<Sandbox>(['status', NAME])).state).toBe('running');
  });

  test('restart gives it another process, and leaves others alone', async () => {
    const [clock, follower] = [await pidOf('node2', 'clock'), await pidOf('node2', 'follower')];
    await ok(['service', 'restart', `${NAME}/node2/follower`]);
    expect(await pidOf('node2', 'clock')).toBe(clock);
    expect(await pidOf('node2', 'follower')).not.toBe(follower);
  });

  test('one that does not come up: 1, with its log; mended it starts', async () => {
    const set = (mode: string): Promise<string> =>
      inNode(`${NAME}/node1`, `sed -i 's/^mode.*/mode=${mode}/' /etc/tiny/tiny.properties`);
    await set('fail');
    const failed = await bds(['service', 'restart', `${NAME}/node1`, 'follower']);
    expect(failed).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/follower on node1 failed.*mode is fail/s),
    });
    await set('wait');
    await inNode(`${NAME}/node1`, 'rm -f /data/follow');
    const late = await bds(['service', 'start', `${NAME}/node1`, 'follower', '--timeout', '3s']);
    expect(late).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('not following') });
    await set('follow');
    await ok(['service', 'restart', `${NAME}/node1`, 'follower']);
  });

  test('what is not there: 3', async () => {
    expect(await bds(['service', 'stop', NAME, 'nobody'])).toMatchObject({ exitCode: 3 });
    expect(await bds(['service', 'stop', NAME])).toMatchObject({ exitCode: 2 });
  });
});

describe('a whole sandbox', () => {
  test('stops, keeps its files, and starts under its addresses', async () => {
    const was = await json<Sandbox>(['status', NAME]);
    await inNode(`${NAME}/node2`, 'echo kept > /data/kept');
    expect(await json<Lifecycle>(['stop', NAME])).toMatchObject({ changed: [NAME], sandboxes: [{ state: 'stopped' }] });
    expect(await json<Lifecycle>(['stop', NAME])).toMatchObject({ changed: [], unchanged: [NAME] });
    expect(await bds(['exec', NAME, '--', 'true'])).toMatchObject({ exitCode: 5 });
    // Clean: ended by init, not killed.
    expect(await docker('inspect', `bds.${NAME}`, `bds.${NAME}.node2`, '--format', '{{.State.ExitCode}}')).toBe('0\n0');
    const started = await json<Lifecycle>(['start', NAME]);
    expect(started).toMatchObject({ changed: [NAME], sandboxes: [{ state: 'running' }] });
    const addresses = (sandbox: Pick<Sandbox, 'nodes'> | undefined) =>
      sandbox?.nodes.map(({ address, bridgeAddress }) => [address, bridgeAddress]);
    expect(addresses(started.sandboxes[0])).toEqual(addresses(was));
    expect(await inNode(`${NAME}/node2`, 'cat /data/kept')).toBe('kept');
    await inNode(`${NAME}/node1`, 'ping -c 1 -W 2 node2 || getent hosts node2');
    expect(await changes()).toMatch(/"what":"stopped".*"what":"started"/s);
  });

  test('stands while it is paused, and goes on', async () => {
    const pid = await pidOf('node1', 'clock');
    await ok(['pause', NAME]);
    expect(await ok(['status', NAME])).toMatch(/is paused/);
    expect((await json<Sandbox>(['status', NAME])).nodes.map(({ state }) => state)).toEqual(['paused', 'paused']);
    expect(await ok(['pause', NAME])).toMatch(/paused already/);
    await ok(['resume', NAME]);
    expect(await pidOf('node1', 'clock')).toBe(pid);
    expect(await bds(['resume', 'e2e-nobody'])).toMatchObject({ exitCode: 3 });
  });

  test('stops out of a pause; --all means those of the owner alone', async () => {
    await ok(['pause', NAME]);
    await ok(['stop', '--all']);
    expect(await bds(['start', NAME], { environment: { BDSANDBOX_OWNER: `${OWNER}-else` } })).toMatchObject({
      exitCode: 5,
    });
    expect(await bds(['pause', NAME])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('bdsandbox start'),
    });
    await ok(['start']);
    expect((await json<Sandbox>(['status', NAME])).state).toBe('running');
  });
});

describe('shell', () => {
  test('reads commands from standard input and passes the exit code on', async () => {
    const run = await bds(['shell', `${NAME}/node2`], { input: 'hostname\ngrep Cap.nd /proc/self/status\nexit 7\n' });
    expect(run).toMatchObject({ exitCode: 7, stdout: expect.stringMatching(/^node2\n.*0000000000000000$/m) });
  });

  test('on a terminal the prompt names sandbox and node', async () => {
    const line = `${inject('program')} shell ${NAME}/node2`;
    const { stdout } = await execa('script', ['-qec', line, '/dev/null'], {
      input: 'exit 0\n',
      env: { BDSANDBOX_OWNER: OWNER },
      timeout: 30_000,
    });
    expect(stdout).toContain(`[${NAME}/node2 `);
  });
});

describe('cp', () => {
  test('a folder there and back: content, modes, times and links', async () => {
    await mkdir(here('src/deep'), { recursive: true });
    await writeFile(here('src/deep/run'), '#!/bin/sh\n');
    await chmod(here('src/deep/run'), 0o750);
    await symlink('deep/run', here('src/link'));
    await ok(['cp', here('src'), `${NAME}/node2:/tmp/`]);
    expect(await inNode(`${NAME}/node2`, "stat -c '%a %U' /tmp/src/deep/run; readlink /tmp/src/link")).toBe(
      '750 root\ndeep/run',
    );
    await ok(['cp', `${NAME}/node2:/tmp/src`, here('back')]);
    expect(await readlink(here('back/link'))).toBe('deep/run');
    const [was, is] = [await lstat(here('src/deep/run')), await lstat(here('back/deep/run'))];
    expect([is.mode, Math.floor(is.mtimeMs / 1000)]).toEqual([was.mode, Math.floor(was.mtimeMs / 1000)]);
  });

  test('to a link to a folder, over a file, of what is in a folder, to another node', async () => {
    await inNode(NAME, 'mkdir -p /tmp/real && ln -sfn /tmp/real /tmp/to-real && echo old > /tmp/old');
    await writeFile(here('one'), 'one');
    await ok(['cp', here('one'), `${NAME}:/tmp/to-real`]);
    await ok(['cp', here('one'), `${NAME}:/tmp/old`]);
    expect(await inNode(NAME, 'cat /tmp/real/one /tmp/old')).toBe('oneone');
    await ok(['cp', `${NAME}:/tmp/real/.`, here()]);
    await ok(['cp', `${NAME}:/tmp/real`, `${NAME}/node2:/tmp/moved`]);
    expect(await inNode(`${NAME}/node2`, 'cat /tmp/moved/one')).toBe('one');
    expect(await bds(['cp', here('src'), `${NAME}:/tmp/old`])).toMatchObject({ exitCode: 5 });
  });

  test('names are bytes, in folders and as words, and pipes with two names are named', async () => {
    const node = `${NAME}/node2`;
    const script = `cd "$1"; shift; mkdir bytes; cd bytes; one=$(printf 'n\\377'); two=$(printf 'n\\376')
      echo 255 > "$one"; echo 254 > "$two"; echo 25 > "$(printf 'd\\351')"
      "$0" cp . ${node}:/tmp/bytes; "$0" cp "$one" "$two" ${node}:/opt/; "$0" cp "$one" ${node}:/tmp/"$two"
      "$0" exec ${node} -- bash -c 'cat /tmp/bytes/n* /opt/n* /tmp/n*; mkfifo /tmp/bytes/p; ln /tmp/bytes/p /tmp/bytes/p2'
      "$0" cp ${node}:/tmp/bytes ../returned; cat ../returned/n* ../returned/d*; "$0" cp ${node}:/tmp/bytes/"$one" ../one; cat ../one`;
    const { stdout, stderr } = await execa('bash', ['-euc', script, inject('program'), folder], {
      env: { BDSANDBOX_OWNER: OWNER, NO_COLOR: '1', LC_ALL: 'C' },
    });
    expect(stdout).toContain('254\n255\n254\n255\n255\n');
    expect(stdout).toMatch(/Copied .*to \.\.\/returned, 11 B\.\n254\n255\n25\n/);
    expect(stdout).toMatch(/n\\xff to \.\.\/one, 4 B\.\n255$/);
    expect(stderr).toMatch(/left out, since they are no files: \S*\/returned\/p, \S*\/returned\/p2$/);
  });

  test('what is mounted in a node is seen there and from here', async () => {
    await writeFile(here('one'), 'one');
    await inNode(NAME, 'ln -sfn /dev/shm /tmp/to-shm; rm -rf /dev/shm/*');
    await ok(['cp', here('one'), `${NAME}:/dev/shm`]);
    await ok(['cp', here('one'), `${NAME}:/tmp/to-shm/two`]);
    expect(await inNode(NAME, 'cat /dev/shm/one /dev/shm/two')).toBe('oneone');
    await ok(['cp', `${NAME}:/dev/shm`, here('shm')]);
    expect((await readdir(here('shm'))).sort()).toEqual(['one', 'two']);
    await ok(['cp', `${NAME}:/dev/shm/.`, `${NAME}/node2:/dev/shm`]);
    expect(await inNode(`${NAME}/node2`, 'cat /dev/shm/two')).toBe('one');
    expect(await bds(['cp', here('one'), `${NAME}:/sys/x`])).toMatchObject({ exitCode: 1 });
  });

  test('archives on standard input and output', async () => {
    const tar = await execa(inject('program'), ['cp', `${NAME}:/etc/tiny`, '-'], {
      env: { BDSANDBOX_OWNER: OWNER },
      encoding: 'buffer',
    });
    await ok(['cp', '-', `${NAME}/node2:/tmp`], { input: Buffer.from(tar.stdout) });
    expect(await inNode(`${NAME}/node2`, 'cat /tmp/tiny/tiny.properties')).toContain('mode');
    expect(await bds(['cp', '-', `${NAME}:/tmp`], { input: 'x'.repeat(5000) })).toMatchObject({ exitCode: 1 });
  });

  test('what is not there: 3, and nothing is made', async () => {
    const found = (await readdir(folder)).sort();
    expect(await bds(['cp', `${NAME}:/absent`, here('x')])).toMatchObject({ exitCode: 3 });
    expect(await bds(['cp', here('absent'), `${NAME}:/tmp`])).toMatchObject({ exitCode: 3 });
    expect(await bds(['cp', here('one'), `${NAME}:/none/x`])).toMatchObject({ exitCode: 3 });
    expect((await readdir(folder)).sort()).toEqual(found);
  });

  test('interrupted in the middle: 130, and no half file', async () => {
    await inNode(NAME, 'head -c 1500000000 /dev/zero > /tmp/big');
    await mkdir(here('half'));
    const { code } = await runAndSignal(['cp', `${NAME}:/tmp/big`, here('half')], {}, 'SIGINT', 1500);
    expect(code).toBe(130);
    expect(await readdir(here('half'))).toEqual([]);
    await inNode(NAME, 'rm /tmp/big');
  });

  test('out of a stopped sandbox', async () => {
    await ok(['stop', NAME]);
    await ok(['cp', `${NAME}/node2:/data/kept`, here('kept')]);
    const refused = await bds(['cp', here('kept'), `${NAME}:/dev/shm`]);
    expect(refused).toMatchObject({ exitCode: 5, stderr: expect.stringContaining(`bdsandbox start ${NAME}`) });
    expect(await readFile(here('kept'), 'utf8')).toBe('kept\n');
    await ok(['start', NAME]);
  });
});
