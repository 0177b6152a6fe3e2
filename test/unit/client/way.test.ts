import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connect } from '../../../src/client/connect.js';
import { openKit, type Way } from '../../../src/client/way.js';
import { ConflictError, EngineFailedError, FailedError } from '../../../src/errors/index.js';
import { BARE } from '../../../src/node/index.js';
import { createSandbox, findSandbox } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';
import { opening, seen } from './fixture.js';

const silent: Connect = async () => ({ kind: 'silent', reason: 'no answer within 1.5 s' });
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'bdsandbox-way-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a kit for one program', () => {
  test.each<Way>(['auto', 'direct'])('is the sandbox’s own where the nodes are reached (%s)', async (way) => {
    const { kit, isTunnel, close } = await open(way, opening());
    expect(isTunnel).toBe(false);
    expect(path.dirname(kit.folder)).toBe(root);
    close();
    expect(existsSync(kit.folder)).toBe(true);
  });

  test.runIf(process.platform === 'linux').each<[Way, Connect]>([
    ['auto', silent],
    ['tunnel', () => Promise.reject(new Error('tried'))],
  ])('has tunnels where they are not, or are asked for (%s), and then goes with them', async (way, connect) => {
    const { kit, isTunnel, close } = await open(way, connect);
    expect(isTunnel).toBe(true);
    const address = kit.hosts[0]?.address;
    expect(address).toMatch(/^127\.\d+\.\d+\.1$/);
    expect(readFileSync(path.join(kit.folder, 'hosts'), 'utf8')).toContain(`${address} node1\n127.0.0.1 localhost\n`);
    expect(readdirSync(root)).toEqual([]);
    close();
    expect(existsSync(kit.folder)).toBe(false);
  });

  test('is none where only the direct way is wanted, and it leads nowhere', async () => {
    await expect(open('direct', silent)).rejects.toThrow(FailedError);
  });

  test('is none while nothing listens: a tunnel would change nothing', async () => {
    await expect(open('auto', async () => ({ kind: 'refused' }))).rejects.toThrow(ConflictError);
  });

  test.runIf(process.platform === 'linux')('that cannot be made leaves no folder', async () => {
    const before = tunnelKits();
    const failing = open('tunnel', silent, new EngineFailedError('the engine broke', 'mend it'));
    await expect(failing).rejects.toThrow('the engine broke');
    expect(tunnelKits()).toEqual(before);
  });
});

test.runIf(process.platform === 'linux')('tunnels are not made to nodes that do not run', async () => {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(2) }));
  await engine.containers.stop('bds.demo.node2', { graceMs: 0 });
  const { engines } = contextOf(engine);
  const record = await findSandbox(engines, 'demo', 'ann');
  const opening = openKit(engines, record, { root, way: 'tunnel' });
  await expect(opening).rejects.toThrow('node node2 of demo is stopped');
});

async function open(way: Way, connect: Connect, readFailure?: Error) {
  const engine = tinyEngine().when([...BARE, 'cat'], ({ stdout }) => stdout(seen));
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(1) }));
  const { engines } = contextOf(engine);
  const record = await findSandbox(engines, 'demo', 'ann');
  if (readFailure) Object.assign(engine.containers, { readFile: () => Promise.reject(readFailure) });
  return openKit(engines, record, { root, way, connect });
}

function tunnelKits(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('bdsandbox-kit-'));
}
