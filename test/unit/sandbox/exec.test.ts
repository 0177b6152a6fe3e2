import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { MemoryEngine } from '../../../src/engine/memory/index.js';
import { ConflictError, NotFoundError } from '../../../src/errors/index.js';
import {
  createSandbox,
  execInNode,
  findSandbox,
  nodePlace,
  programOfRoot,
  shellInNode,
} from '../../../src/sandbox/index.js';
import { ENTER, onLine } from '../line.js';
import { contextOf, request, tinyEngine } from './fixture.js';

describe('execInNode', () => {
  test('runs the command as a user’s, on the first node, with its input', async () => {
    const engine = await demo();
    const program = onLine(async ({ command, container, stdin, stdout, stderr }) => {
      await stdout(`${container.name}: ${command.join(' ')}: ${await text(stdin)}`);
      await stderr('said aside');
      return 42;
    });
    engine.when(ENTER, program);
    expect(await exec(engine, { command: ['hdfs', 'dfs', '-ls'], options: { stdin: Readable.from(['in']) } })).toEqual({
      exitCode: 42,
      stdout: `bds.demo: ${ENTER} hdfs dfs -ls: in`,
      stderr: 'said aside',
    });
  });

  test('runs it on the node that is named', async () => {
    const engine = await demo();
    engine.when(ENTER, ({ container, stdout }) => stdout(container.name));
    expect((await exec(engine, { node: 'node3', command: ['true'] })).stdout).toBe('bds.demo.node3');
  });

  test('names the nodes there are', async () => {
    const error = await exec(await demo(), { node: 'node4', command: ['true'] }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({
      message: 'demo has no node node4; did you mean "node1"?',
      hint: 'its nodes are: node1, node2, node3',
    });
  });

  test.each<[string, (engine: MemoryEngine) => Promise<void>, string]>([
    ['stopped', ({ containers }) => containers.stop('bds.demo.node2', { graceMs: 0 }), 'start'],
    ['paused', ({ containers }) => containers.pause('bds.demo.node2'), 'resume'],
  ])('not in a node that is %s', async (state, act, verb) => {
    const engine = await demo();
    await act(engine);
    const execs = engine.callNames.filter((name) => name === 'containers.exec').length;
    const error = await exec(engine, { node: 'node2', command: ['true'] }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConflictError);
    expect(error).toMatchObject({ message: `node node2 of demo is ${state}`, hint: `bdsandbox ${verb} demo` });
    expect(engine.callNames.filter((name) => name === 'containers.exec')).toHaveLength(execs);
  });
});

describe('rights', () => {
  const as = (rights: ExecRequest['rights']) => async () => {
    const engine = await demo();
    await engine.containers.writeFiles('bds.demo', [
      { path: '/etc/passwd', content: 'root:x:0:0::/root:/bin/bash\nhdfs:x:1:1::/:/bin/sh\n', mode: 0o644 },
    ]);
    let ran: readonly string[] = [];
    for (const script of [ENTER, `${ENTER}-as`, `${ENTER}-privileged`]) {
      engine.when(script, ({ command }) => {
        ran = command.filter((word) => !['/usr/lib/bdsandbox/lifeline', 'none'].includes(word));
      });
    }
    await exec(engine, { command: ['id', '-u'], ...(rights && { rights }) });
    return ran;
  };

  test.each<[string, ExecRequest['rights'], readonly string[]]>([
    ['a service’s', undefined, [ENTER]],
    ['a service’s where none are asked for', { privileged: false, user: undefined }, [ENTER]],
    ['a user’s by name', { user: 'hdfs' }, [`${ENTER}-as`, 'hdfs']],
    ['a user’s by number, known or not', { user: '4711' }, [`${ENTER}-as`, '4711']],
    ['the container’s', { privileged: true }, [`${ENTER}-privileged`]],
  ])('are %s', async (_, rights, words) => {
    expect(await as(rights)()).toEqual([...words, 'id', '-u']);
  });

  test.each([
    ['hdsf', '; did you mean "hdfs"?'],
    ['somebody', ''],
    ['-1', ''],
  ])('are nobody’s for %s, whom the node does not know', async (user, meant) => {
    const error = await as({ user })().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ message: `this node has no user '${user}'${meant}` });
  });

  test.each([
    [['apt-get', 'install', 'x'], 100, 'apt-get'],
    [['/usr/bin/su', 'nobody'], 1, 'su'],
    [['su', 'nobody'], 0, undefined],
    [['hdfs', 'dfs'], 1, undefined],
    [[], 1, undefined],
  ])('%j that ended with %i may have wanted more: %s', (command, exitCode, program) => {
    expect(programOfRoot(command, exitCode)).toBe(program);
  });
});

test.each([
  ['demo', { sandbox: 'demo', node: undefined }],
  ['demo/worker1', { sandbox: 'demo', node: 'worker1' }],
  ['/worker1', { sandbox: undefined, node: 'worker1' }],
  [undefined, { sandbox: undefined, node: undefined }],
])('the place %s', (words, place) => {
  expect(nodePlace(words)).toEqual(place);
});

test.each(['demo/master1/namenode', 'demo/', 'demo/a/'])('%s is no place for a command', (words) => {
  expect(() => nodePlace(words)).toThrow(`'${words}' is not SANDBOX or SANDBOX/NODE`);
});

describe('shellInNode', () => {
  test('reads commands from its input, and passes the exit code on', async () => {
    const engine = await demo();
    let seen: unknown;
    const program = onLine(async ({ command, environment, stdin, stdout }) => {
      seen = { command, prompt: environment['PROMPT_COMMAND'] };
      await stdout(await text(stdin));
      return 3;
    });
    engine.when(ENTER, program);
    expect(await shell(engine, 'node2', { stdin: Readable.from(['jps\n']) })).toMatchObject({
      exitCode: 3,
      stdout: 'jps\n',
    });
    expect(seen).toEqual({ command: [ENTER, 'bash', '-l'], prompt: undefined });
  });

  test.each([
    [undefined, 'demo/node1'],
    ['node3', 'demo/node3'],
  ])('on a terminal the prompt tells where one is (%s)', async (node, where) => {
    const engine = await demo();
    let environment: Readonly<Record<string, string>> = {};
    engine.when(ENTER, (run) => {
      environment = run.environment;
    });
    await shell(engine, node, { tty: { columns: 80, rows: 24 } });
    expect(environment['PROMPT_COMMAND']).toBe(`PS1='[${where} \\W]\\$ '; unset PROMPT_COMMAND`);
  });

  test('not in a node that does not run, nor in one that is not there', async () => {
    const engine = await demo();
    await engine.containers.stop('bds.demo', { graceMs: 0 });
    await expect(shell(engine, undefined, {})).rejects.toThrow(ConflictError);
    await expect(shell(engine, 'node9', {})).rejects.toThrow(NotFoundError);
  });
});

async function shell(engine: MemoryEngine, node: string | undefined, options: Parameters<typeof shellInNode>[3]) {
  const { engines } = contextOf(engine);
  return shellInNode(engines, await findSandbox(engines, 'demo', 'ann'), node, options);
}

async function demo(): Promise<MemoryEngine> {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request());
  return engine;
}

type ExecRequest = Parameters<typeof execInNode>[2];

async function exec(engine: MemoryEngine, wanted: Omit<ExecRequest, 'options'> & Partial<ExecRequest>) {
  const { engines } = contextOf(engine);
  return execInNode(engines, await findSandbox(engines, 'demo', 'ann'), { options: {}, ...wanted });
}
