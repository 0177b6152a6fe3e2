import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Extended, Lifecycle, Renamed, Sandbox, SetValues } from '../../src/sandbox/index.js';
import type { TakenSnapshot } from '../../src/snapshot/index.js';
import { bds, docker, inNode, json, OWNER, ok, runAndSignal, traces } from './cli.js';
import { TINY } from './tiny.js';

const NAME = 'e2e-alter';
const OTHER = 'e2e-alter-2';
let before: Awaited<ReturnType<typeof traces>>;

beforeAll(async () => {
  await ok(['images', 'build', 'tiny'], { environment: TINY });
  before = await traces();
  await ok(['create', 'tiny', NAME, '--ttl', '1h'], { environment: TINY });
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  expect(await traces()).toEqual(before);
});

const sandboxes = async (): Promise<Sandbox[]> => (await json<{ sandboxes: Sandbox[] }>(['ls'])).sandboxes;
const named = async (name: string): Promise<Sandbox | undefined> =>
  (await sandboxes()).find((each) => each.name === name);
const containers = async (): Promise<string[]> =>
  (await docker('ps', '-a', '--filter', `label=bdsandbox.owner=${OWNER}`, '--format', '{{.Names}}')).split('\n').sort();
const containersOf = (name: string): string[] => [`bds.${name}`, `bds.${name}.node2`, `bds.${name}.node3`];
const hoursFromNow = (time: string | null | undefined): number => (Date.parse(time ?? '') - Date.now()) / 3_600_000;
/** Among them may be what a killed run of other tests left on this machine. */
const pruned = async (): Promise<string[]> => (await ok(['prune', '--expired', '-q'])).split('\n');
const pidOf = async (service: string, node = 'node1'): Promise<number | null | undefined> =>
  (await json<Sandbox>(['status', NAME])).nodes
    .find(({ name }) => name === node)
    ?.services.find(({ name }) => name === service)?.pid;
/** The engine's health check, which the state of the sandbox goes by too, may be some seconds behind. */
async function expectReady(): Promise<void> {
  const { services } = await json<{ services: readonly { state: string }[] }>(['service', 'ls', NAME]);
  expect([...new Set(services.map(({ state }) => state))]).toEqual(['ready']);
}

describe('extend', () => {
  test('to a later end, which everything sees', async () => {
    const { expiresAt, before: old } = await json<Extended>(['extend', NAME, '--ttl', '8h']);
    expect(hoursFromNow(expiresAt)).toBeCloseTo(8, 1);
    expect(hoursFromNow(old)).toBeCloseTo(1, 1);
    expect((await named(NAME))?.expiresAt).toBe(expiresAt);
    expect((await json<Sandbox>(['status', NAME])).expiresAt).toBe(expiresAt);
    expect(await ok(['events', NAME])).toContain('expiry moved');
  });

  test('of a paused and a stopped one, to never and back', async () => {
    await ok(['pause', NAME]);
    await ok(['extend', NAME, '--ttl', 'never']);
    expect((await named(NAME))?.expiresAt).toBeNull();
    await ok(['stop', NAME]);
    const { expiresAt } = await json<Extended>(['extend', NAME, '--ttl', '2h']);
    expect((await json<Extended>(['extend', NAME, '--ttl', '+1h'])).before).toBe(expiresAt);
    expect(hoursFromNow((await named(NAME))?.expiresAt)).toBeCloseTo(3, 1);
    expect((await json<Lifecycle>(['start', NAME])).sandboxes[0]?.state).toBe('running');
  });

  test('what destroys expired ones goes by the new time', async () => {
    await ok(['create', 'tiny', 'e2e-short', '--nodes', '1'], { environment: TINY });
    await ok(['extend', 'e2e-short', '--ttl', '1ms']);
    expect(await pruned()).toContain('e2e-short');
    await ok(['create', 'tiny', 'e2e-short', '--nodes', '1', '--ttl', '1s'], { environment: TINY });
    await ok(['extend', 'e2e-short', '--ttl', '1h']);
    await sleep(1000);
    expect(await pruned()).not.toContain('e2e-short');
    await ok(['destroy', 'e2e-short', '--force']);
  });

  test.each([50, 150, 250, 350])('killed after %i ms it leaves the old end or the new one', async (afterMs) => {
    const old = (await named(NAME))?.expiresAt;
    await runAndSignal(['extend', NAME, '--ttl', '30h'], {}, 'SIGKILL', afterMs);
    const sandbox = await named(NAME);
    expect(['running', 'degraded']).toContain(sandbox?.state);
    if (sandbox?.expiresAt !== old) expect(hoursFromNow(sandbox?.expiresAt)).toBeCloseTo(30, 1);
    await ok(['extend', NAME, '--ttl', '3h']);
  });

  test.each([['soon'], ['0h'], ['']])('%j is no time to live: 2', async (ttl) => {
    expect((await bds(['extend', NAME, '--ttl', ttl])).exitCode).toBe(2);
  });
});

describe('rename', () => {
  test('a running one: processes and inner names stay, the old name is free', async () => {
    const pid = await pidOf('clock');
    expect(await json<Renamed>(['rename', NAME, OTHER])).toEqual({ name: OTHER, before: NAME });
    expect(await containers()).toEqual(containersOf(OTHER));
    expect(await inNode(`${OTHER}/node2`, 'hostname')).toBe('node2');
    expect(await bds(['status', NAME])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(OTHER) });
    await ok(['create', 'tiny', NAME, '--nodes', '1'], { environment: TINY });
    expect((await bds(['rename', NAME, OTHER])).exitCode).toBe(5);
    await ok(['destroy', NAME, '--force']);
    await ok(['rename', OTHER, NAME]);
    expect(await pidOf('clock')).toBe(pid);
  });

  test('a paused and a stopped one', async () => {
    await ok(['pause', NAME]);
    await ok(['rename', NAME, OTHER]);
    await ok(['resume', OTHER]);
    await ok(['stop', OTHER]);
    await ok(['rename', OTHER, NAME]);
    await ok(['start', NAME]);
    await expectReady();
  });

  test('of two that want one name one gets it', async () => {
    await ok(['create', 'tiny', OTHER, '--nodes', '1'], { environment: TINY });
    const runs = await Promise.all([NAME, OTHER].map((name) => bds(['rename', name, 'e2e-won'])));
    expect(runs.map(({ exitCode }) => exitCode).sort()).toEqual([0, 5]);
    const won = await named('e2e-won');
    expect(await sandboxes()).toHaveLength(2);
    await ok(['rename', 'e2e-won', won?.nodes.length === 1 ? OTHER : NAME]);
    await ok(['destroy', OTHER, '--force']);
  });

  for (let point = 1; point <= 8; point += 1) {
    test(`killed at point ${point} of 8 it has one name, and prune finishes it`, async () => {
      await runAndSignal(['rename', NAME, OTHER], {}, 'SIGKILL', 120 + point * 30);
      // What the engine was asked for in the last moment comes to its end without us.
      await sleep(200);
      const [sandbox, ...others] = await sandboxes();
      expect(others).toEqual([]);
      expect([NAME, OTHER]).toContain(sandbox?.name);
      await ok(['prune']);
      expect(await containers()).toEqual(containersOf(sandbox?.name ?? ''));
      if (sandbox?.name === OTHER) await ok(['rename', OTHER, NAME]);
    });
  }
});

describe('set', () => {
  const CONFIG = '/etc/tiny/tiny.properties';

  test('restarts what reads the file, on all nodes, and nothing else', async () => {
    const [clock, follower] = [await pidOf('clock', 'node3'), await pidOf('follower', 'node3')];
    const done = await json<SetValues>(['set', NAME, 'tiny:own=1'], { environment: TINY });
    expect(done.changes).toMatchObject([{ path: CONFIG, key: 'own', before: null, after: '1' }]);
    expect(done.restarted.toSorted()).toEqual(['node1/follower', 'node2/follower', 'node3/follower']);
    expect(await pidOf('clock', 'node3')).toBe(clock);
    expect(await pidOf('follower', 'node3')).not.toBe(follower);
    for (const path of [CONFIG, `/etc/bdsandbox/planned${CONFIG}`]) {
      expect(await inNode(`${NAME}/node3`, `cat ${path}`)).toBe('mode=follow\nown=1');
    }
    expect(await ok(['set', NAME, 'tiny:own=1'], { environment: TINY })).toContain('already');
    await ok(['set', NAME, '--unset', 'tiny:own', '--no-restart'], { environment: TINY });
    expect(await inNode(`${NAME}/node3`, `cat ${CONFIG}`)).toBe('mode=follow');
  });

  test('a value that a service does not come up with is put back: 1, with its log', async () => {
    const { exitCode, stderr } = await bds(['set', NAME, 'tiny:mode=fail'], { environment: TINY });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('mode is fail');
    expect(stderr).toContain('the old values are back');
    await expectReady();
    expect(await inNode(NAME, `cat ${CONFIG}`)).toBe('mode=follow');
  });

  test('--keep leaves it, and says how to go back', async () => {
    const { exitCode, stderr } = await bds(['set', NAME, 'tiny:mode=fail', '--keep'], { environment: TINY });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`bdsandbox set ${NAME} --unset=tiny:mode`)]);
    await ok(['set', NAME, '--unset=tiny:mode'], { environment: TINY });
    await expectReady();
  });

  test('Ctrl-C in the middle puts the old values back: 130', async () => {
    await inNode(NAME, 'rm -f /data/follow');
    const { code } = await runAndSignal(['set', NAME, 'tiny:mode=wait'], TINY, 'SIGINT', 2500);
    expect(code).toBe(130);
    expect(await inNode(NAME, `cat ${CONFIG}`)).toBe('mode=follow');
  });

  test('a stopped one starts with the new values; wrong words are 2', async () => {
    await ok(['stop', NAME]);
    await ok(['set', NAME, 'tiny:own=2'], { environment: TINY });
    await ok(['start', NAME]);
    expect(await inNode(NAME, `grep own ${CONFIG}`)).toBe('own=2');
    for (const word of ['tny:own=2', 'tiny:own', 'own=2']) {
      expect((await bds(['set', NAME, word], { environment: TINY })).exitCode).toBe(2);
    }
  });
});

test('a real daemon goes by the new value, and so do a snapshot and its copy under another name', async () => {
  const zookeeper = 'e2e-alter-zk';
  const tick = (name: string): Promise<string> =>
    inNode(name, 'exec 3<>/dev/tcp/127.0.0.1/2181; echo conf >&3; grep tickTime <&3');
  await ok(['create', 'zookeeper', zookeeper, '--nodes', '1']);
  expect(await tick(zookeeper)).toBe('tickTime=2000');
  await ok(['set', zookeeper, 'zoo.cfg:tickTime=3000']);
  expect(await tick(zookeeper)).toBe('tickTime=3000');
  await ok(['rename', zookeeper, `${zookeeper}-2`]);
  const taken = await json<TakenSnapshot>(['snapshot', 'e2e-alter-moment', '--sandbox', `${zookeeper}-2`]);
  expect(taken).toMatchObject({ sandbox: `${zookeeper}-2`, plan: { settings: ['zoo.cfg:tickTime=3000'] } });
  expect(taken.changes.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['settings changed', 'services restarted', 'renamed']),
  );
  expect(await ok(['snapshots', 'show', 'e2e-alter-moment', `${taken.nodes[0]?.name}/config.diff`])).toBe('');
  await ok(['destroy', `${zookeeper}-2`, '--force']);
  await ok(['restore', 'e2e-alter-moment', zookeeper]);
  expect(await tick(zookeeper)).toBe('tickTime=3000');
  await ok(['rename', zookeeper, `${zookeeper}-3`]);
  await ok(['set', `${zookeeper}-3`, '--unset', 'zoo.cfg:tickTime']);
  expect(await tick(`${zookeeper}-3`)).toBe('tickTime=2000');
  await ok(['destroy', `${zookeeper}-3`, '--force']);
  await ok(['snapshots', 'rm', 'e2e-alter-moment', '--force']);
});
