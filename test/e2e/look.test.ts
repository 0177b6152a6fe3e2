import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { LogLine, PlacedPort, SandboxEvent } from '../../src/look/index.js';
import { bds, docker, inNode, json, OWNER, ok } from './cli.js';
import { TINY } from './tiny.js';

const NAME = 'e2e-look';
const LOG = '/var/log/bdsandbox/follower.log';

describe('looking into a sandbox', () => {
  beforeAll(async () => {
    // Cold: what services say at their start is not in the logs of a cluster from a golden.
    const arguments_ = ['create', 'tiny', NAME, '--nodes', '2', '--publish', 'follower', '--cold'];
    await ok(arguments_, { environment: TINY });
    await inNode(`${NAME}/node1`, `cp /etc/bdsandbox/services/follower/log /tmp/log; [[ $(</tmp/log) == ${LOG} ]]`);
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
  });

  const lines = async (...args: string[]): Promise<string[]> =>
    (await json<{ lines: LogLine[] }>(['logs', ...args])).lines.map(
      ({ node, service, text }) => `${node}/${service} ${text}`,
    );

  test('logs of all nodes, merged, with what services print', async () => {
    await inNode(`${NAME}/node2`, `echo '2026-01-01 10:00:01,000 WARN second' >> ${LOG}`);
    await inNode(`${NAME}/node1`, `printf '2026-01-01 10:00:0%s,000 INFO x\\n\\tat y\\n' 0 2 >> ${LOG}`);
    const all = await lines(NAME);
    expect(all.slice(0, 3)).toEqual([
      'node1/follower 2026-01-01 10:00:00,000 INFO x\n\tat y',
      'node2/follower 2026-01-01 10:00:01,000 WARN second',
      'node1/follower 2026-01-01 10:00:02,000 INFO x\n\tat y',
    ]);
    expect(all).toContain('node1/follower mode is follow');
    expect(await lines(`${NAME}/node1/follower`, '--grep', 'at y', '--tail', '1')).toEqual(all.slice(2, 3));
    expect(await lines(NAME, '--level', 'WARN')).toEqual(all.slice(1, 2));
    expect(await ok(['logs', NAME, '--level', 'WARN'])).toMatch(
      /^node2\/follower +2026-01-01 10:00:01,000 WARN second$/,
    );
  });

  test('follows across a rotation and a node that stops, until Ctrl-C', async () => {
    const child = spawn(inject('program'), ['logs', NAME, '-f', '--tail', '0'], {
      env: { ...process.env, BDSANDBOX_OWNER: OWNER, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (text: string): Promise<void> => {
      for (;;) {
        const { value, done } = await output.next();
        expect(done, `the end came before ${text}`).not.toBe(true);
        if (value?.endsWith(text)) return;
      }
    };
    // Written until it is seen: nobody knows when the following has begun.
    const begun = next('begin');
    let seen = false;
    void begun.then(() => {
      seen = true;
    });
    while (!seen) await inNode(`${NAME}/node1`, `echo begin >> ${LOG}; sleep 0.5`);
    await inNode(`${NAME}/node1`, `echo old >> ${LOG}; mv ${LOG} ${LOG}.1; echo new >> ${LOG}`);
    await next('old');
    await next('new');
    await docker('stop', `bds.${NAME}.node2`);
    await docker('start', `bds.${NAME}.node2`);
    await inNode(`${NAME}/node2`, `echo '2026-01-01 10:00:09,000 INFO after the start' >> ${LOG}`);
    await next('after the start');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    await expect.poll(() => docker('exec', `bds.${NAME}`, 'pgrep', '-fc', 'bdsandbox/logs').catch(() => '0')).toBe('0');
  });

  test('logs of a node that is stopped come from its files', async () => {
    await docker('stop', `bds.${NAME}.node2`);
    expect(await lines(`${NAME}/node2`, '--grep', 'second')).toEqual([
      'node2/follower 2026-01-01 10:00:01,000 WARN second',
    ]);
    const { events } = await json<{ events: SandboxEvent[] }>(['events', NAME]);
    expect(events.map(({ node, service, what }) => [node, service, what])).toEqual(
      expect.arrayContaining([
        [null, null, 'created'],
        ['node1', 'clock', 'started'],
        ['node2', 'clock', 'started'],
      ]),
    );
    await docker('start', `bds.${NAME}.node2`);
  });

  test('watches, and leaves nothing in a node when it is killed', async () => {
    const watch = () => {
      const child = spawn(inject('program'), ['status', NAME, '--watch', '--interval', '500ms'], {
        env: { ...process.env, BDSANDBOX_OWNER: OWNER, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return { child, output: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
    };
    const agents = () => docker('exec', `bds.${NAME}`, 'pgrep', '-fc', 'node watch').catch(() => '0');
    const until = async (output: AsyncIterator<string>, expected: RegExp): Promise<void> => {
      for (;;) {
        const { value, done } = await output.next();
        expect(done, `the end came before ${expected}`).not.toBe(true);
        if (expected.test(value)) return;
      }
    };

    const killed = watch();
    await until(killed.output, /node1 running: CPU \d+ %, memory .* disk .*B, in .*B\/s/);
    expect(await agents()).not.toBe('0');
    killed.child.kill('SIGKILL');
    await expect.poll(agents, { timeout: 5000 }).toBe('0');

    const { child, output } = watch();
    const ended = once(child, 'exit');
    await until(output, /: 4 of 4 services ready$/);
    await ok(['service', 'stop', `${NAME}/node2`, 'clock']);
    await until(output, /node2\/clock stopped: stopped on request$/);
    await ok(['stop', NAME]);
    await until(output, new RegExp(`^${NAME} was stopped\\.$`));
    expect((await ended)[0]).toBe(0);
    await ok(['start', NAME]);
  });

  test('ports, and pages', async () => {
    const { ports } = await json<{ ports: PlacedPort[] }>(['ports', NAME]);
    expect(ports.map(({ node, service, container }) => [node, service, container])).toEqual([
      ['node1', 'follower', 7070],
      ['node2', 'follower', 7070],
    ]);
    expect(await ok(['ports', `${NAME}/node1`, '-q'])).toBe(ports[0]?.host);
    const none = await bds(['open', NAME, 'follower'], { environment: { DISPLAY: '', WAYLAND_DISPLAY: '' } });
    expect(none).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('follower has no web page') });
    expect((await bds(['logs', `${NAME}/nod1`])).stderr).toContain('did you mean "node1"?');
  });
});
