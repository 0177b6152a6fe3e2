import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { AGENT, contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';
import { asProcess, config } from './fixture.js';

let engine: MemoryEngine;
vi.mock('../../../src/wiring/index.js', () => ({ openEngines: async () => memoryEngines(engine) }));

const { default: Status } = await import('../../../src/commands/status.js');

const printed = asProcess();

beforeEach(async () => {
  engine = tinyEngine();
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(1) }));
  engine.when([AGENT, 'watch'], async ({ stdin, stdout }) => {
    for await (const word of createInterface({ input: stdin })) {
      const services = [{ name: 'echo', state: 'ready', pid: 7, since: null, detail: 'ok' }];
      if (word === 'look') await stdout(`${JSON.stringify({ cpuPercent: 1, memoryBytes: 2, services })}\n`);
    }
  });
  vi.stubEnv('BDSANDBOX_OWNER', 'ann');
  vi.stubEnv('NO_COLOR', '1');
});

describe('status --watch', () => {
  test('prints lines until the sandbox is destroyed', async () => {
    const running = new Status(['demo', '--watch', '--interval', '500ms'], config)['_run']();
    await expect.poll(() => printed.text).toContain('node1/echo ready: ok');
    await engine.containers.remove('bds.demo');
    await running;
    expect(printed.text).toMatch(/^\S+Z demo running: 1 of 1 services ready\n\S+Z node1 running: CPU 1 %, memory 2 B/);
    expect(printed.text.endsWith('demo was destroyed.\n')).toBe(true);
    expect(process.exitCode).toBe(0);
  });

  test('ends with Ctrl-C', async () => {
    const running = new Status(['-w'], config)['_run']();
    await expect.poll(() => printed.text).toContain('running');
    process.emit('SIGINT');
    await running;
    expect(process.exitCode).toBe(130);
    expect(printed.text).not.toContain('was');
  });

  test.each([
    [['--watch', '--json'], '--watch is for people'],
    [['--watch', '--quiet'], '--watch is for people'],
    [['--interval', '2s'], '--watch'],
    [['--watch', '--interval', '100ms'], 'too short'],
    [['--watch', '--interval', '2'], 'no duration'],
  ])('%j is refused', async (argv, message) => {
    await expect(new Status(argv, config)['_run']()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });
});
