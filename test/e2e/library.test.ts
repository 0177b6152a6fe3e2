import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { bds, json, OWNER, ok, traces } from './cli.js';
import { projectWith } from './installed.js';
import { TINY } from './tiny.js';

const EXAMPLE = path.resolve(import.meta.dirname, '../../examples/vitest');
const NAME = 'e2e-library';
const environment = { ...TINY, BDSANDBOX_OWNER: OWNER, BDSANDBOX_GOLDEN: 'never' };

let project: Awaited<ReturnType<typeof projectWith>>;
let before: Awaited<ReturnType<typeof traces>>;

beforeAll(async () => {
  project = await projectWith({ from: EXAMPLE, tools: ['typescript', '@types/node', 'vitest'] });
  await ok(['images', 'build', 'tiny'], { environment: TINY });
  before = await traces();
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await project[Symbol.asyncDispose]();
  expect(await traces()).toEqual(before);
});

describe('the declarations of the package', () => {
  const compile = (...words: string[]) =>
    execa('node', [path.join(project.folder, 'node_modules/typescript/bin/tsc'), ...words], {
      cwd: project.folder,
      reject: false,
    });

  test('let the example compile', async () => {
    expect(await compile('-p', '.')).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('need no other package, stand a strict look, and know what is wrong', async () => {
    const file = path.join(project.folder, 'use.mts');
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext'];
    const strict = [...flags, '--target', 'es2024', '--lib', 'es2024,dom,esnext.disposable', file];
    const use = (line: string) =>
      writeFile(
        file,
        `import { NotFoundError, Sandbox } from 'bdsandbox';\nexport async function use() {\n${line}\n}\n`,
      );
    await use(`await using sandbox = await Sandbox.create('hadoop-hbase', { nodes: 1, set: ['a:b=c'], with: ['hbase=2'] });
      const { exitCode }: { exitCode: number } = await sandbox.exec(['ls'], { signal: AbortSignal.timeout(1) });
      const error: unknown = undefined;
      if (error instanceof NotFoundError) { const code: 'NOT_FOUND' = error.code; return code; }
      return exitCode;`);
    expect(await compile(...strict)).toMatchObject({ exitCode: 0, stdout: '' });
    await use(`return (await Sandbox.find('x', { nodes: 1 })).ports[0]?.hots;`);
    const { exitCode, stdout } = await compile(...strict);
    expect(exitCode).not.toBe(0);
    expect(stdout).toContain("'nodes' does not exist");
    expect(stdout).toContain("'hots' does not exist");
  });
});

describe('a program that imports the library', () => {
  test('has a cluster as long as it needs it, is told nothing, and ends by itself', async () => {
    const result = await program(`
      const events = new Set();
      {
        await using sandbox = await Sandbox.create('tiny', { nodes: 2, name: '${NAME}', onEvent: ({ type }) => events.add(type) });
        const { state } = await sandbox.status();
        const echo = await sandbox.exec(['sh', '-c', 'cat; hostname; exit 3'], { node: 'node2', input: 'in ' });
        const error = await sandbox.exec(['true'], { node: 'node9' }).catch(({ name, code, exitCode }) => ({ name, code, exitCode }));
        const aborted = await sandbox.exec(['sleep', '60'], { signal: AbortSignal.timeout(200) }).catch(({ code }) => code);
        done({ state, echo, error, aborted, events: [...events], ports: sandbox.ports.length });
      }`);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({
      state: 'running',
      echo: { exitCode: 3, stdout: 'in node2\n', stderr: '' },
      error: { name: 'NotFoundError', code: 'NOT_FOUND', exitCode: 3 },
      aborted: 'INTERRUPTED',
      events: expect.arrayContaining(['flow', 'step-done', 'service']),
    });
    expect((await json<{ sandboxes: unknown[] }>(['ls'])).sandboxes).toEqual([]);
  });

  test('that is killed leaves nothing for ever', async () => {
    const child = start(
      `await Sandbox.create('tiny', { nodes: 1, name: '${NAME}-left', ttl: '1s' }); done({}); setInterval(() => {}, 1000);`,
    );
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout ?? child, 'data'), ended]);
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    const { sandboxes } = await json<{ sandboxes: Sandbox[] }>(['ls']);
    expect(sandboxes.map(({ name }) => name)).toEqual([`${NAME}-left`]);
    await sleep(1000);
    expect(await program(`await using sandbox = await Sandbox.create('tiny', { nodes: 1 });`)).toMatchObject({
      exitCode: 0,
    });
    expect((await json<{ sandboxes: unknown[] }>(['ls'])).sandboxes).toEqual([]);
  });

  test('that aborts its create leaves nothing', async () => {
    const result = await program(`
      const controller = new AbortController();
      const onEvent = ({ type, step }) => type === 'step-started' && step === 'services' && controller.abort();
      await Sandbox.create('tiny', { nodes: 2, signal: controller.signal, onEvent }).catch(({ code }) => done(code));`);
    expect(result).toMatchObject({ exitCode: 0, stdout: '"INTERRUPTED"', stderr: '' });
  });
});

function start(script: string): ChildProcess {
  return spawn('node', ['--input-type=module', '-e', whole(script)], {
    cwd: project.folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function program(script: string): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
  return execa('node', ['--input-type=module', '-e', whole(script)], {
    cwd: project.folder,
    env: environment,
    reject: false,
    timeout: 120_000,
  });
}

function whole(script: string): string {
  return `import { Sandbox } from 'bdsandbox'; const done = (value) => process.stdout.write(JSON.stringify(value));\n${script}`;
}
