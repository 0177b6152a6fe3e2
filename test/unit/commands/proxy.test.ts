import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import ProxyCommand from '../../../src/commands/proxy.js';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { expectSchema } from '../../schemas.ts';
import { opening, seen } from '../client/fixture.js';
import { closeAll, listen } from '../client/proxy/fixture.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';
import { asProcess, config } from './fixture.js';

let engine: MemoryEngine;

vi.mock(import('../../../src/wiring/index.js'), async (original) => ({
  ...(await original()),
  openEngines: async () => memoryEngines(engine),
}));
vi.mock(import('../../../src/client/connect.js'), async () => ({ connectTcp: (...words) => opening()(...words) }));

const printed = asProcess();

beforeEach(async () => {
  engine = tinyEngine().when([...BARE, 'cat'], ({ stdout }) => stdout(seen));
  for (const name of ['demo', 'other']) await createSandbox(contextOf(engine), request({ name, plan: tinyPlan(2) }));
});

afterEach(() => {
  process.emit('SIGTERM', 'SIGTERM');
  closeAll();
});

const start = (...words: string[]): Promise<unknown> => new ProxyCommand(words, config)['_run']();

async function get(url: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
}

describe('proxy', () => {
  test('says in one object where it listens, as soon as it does, and ends with Ctrl-C', async () => {
    const ended = start('demo', '--port', '0', '--json');
    await expect.poll(() => printed.text).toMatch(/\n$/);
    const output = JSON.parse(printed.text) as { data: { http: string } };
    expectSchema(['proxy'], output);
    expect(output).toEqual({
      ok: true,
      data: {
        sandbox: 'demo',
        listens: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        socks: expect.stringMatching(/^socks5h:\/\/127\.0\.0\.1:\d+$/),
        way: 'direct',
        nodes: [
          { name: 'node1', address: '10.255.0.1' },
          { name: 'node2', address: '10.255.0.2' },
        ],
        result: null,
      },
    });
    expect(await get(output.data.http)).toMatchObject({ status: 200, text: expect.stringContaining('sandbox demo') });
    const before = printed.text;
    process.emit('SIGINT', 'SIGINT');
    await ended;
    expect([process.exitCode, printed.text]).toEqual([130, before]);
    await expect.poll(() => get(output.data.http).catch(() => 'gone')).toBe('gone');
  });

  test('of two sandboxes at once are two', async () => {
    const ended = [start('demo', '--port', '0', '-q'), start('other', '--port', '0', '-q')];
    await expect.poll(() => printed.text.split('\n')).toHaveLength(3);
    const texts = await Promise.all(
      printed.text
        .trim()
        .split('\n')
        .map(async (listens) => (await get(`http://${listens}`)).text.split('\n')[0]),
    );
    expect(texts.map((line) => line?.split(' ').at(-3)).sort()).toEqual(['demo.', 'other.']);
    process.emit('SIGTERM', 'SIGTERM');
    await Promise.all(ended);
  });

  test('on a taken port ends with 5 and says what to do', async () => {
    const port = await listen(createServer());
    await expect(start('demo', '--port', String(port))).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      exitCode: 5,
      message: `another program listens on 127.0.0.1:${port}`,
      hint: 'name another port, or take any free one: --port 0',
    });
  });

  test('with a command gives it the proxy, and has its exit code', async () => {
    vi.stubEnv('NO_PROXY', '10.0.0.0/8');
    const script = 'echo "$http_proxy $ALL_PROXY $NO_PROXY"; exit 42';
    await start('demo', '--json', '--', 'sh', '-c', script);
    const output = JSON.parse(printed.text) as { data: { http: string; result: unknown } };
    expectSchema(['proxy'], output);
    const { http, result } = output.data;
    expect(result).toEqual({ exitCode: 42, stdout: `${http} ${http} localhost,127.0.0.1,::1\n`, stderr: '' });
    expect(process.exitCode).toBe(42);
    await expect(get(http)).rejects.toThrow();
  });

  test.each([
    [['demo', '--'], 'USAGE', 2],
    [['demo', '--port', '70000'], 'USAGE', 2],
    [['demo', '--address', '192.0.2.1', '--port', '0'], 'USAGE', 2],
    [['nobody'], 'NOT_FOUND', 3],
    [['demo', '--', 'bds-no-such-command'], 'COMMAND_NOT_FOUND', 127],
  ])('%j is an error', async (words, code, exitCode) => {
    await expect(start(...words)).rejects.toMatchObject({ code, exitCode });
  });
});
