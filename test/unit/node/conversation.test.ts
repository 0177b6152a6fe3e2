import { createInterface } from 'node:readline';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { MemoryEngine, type Program } from '../../../src/engine/memory/index.js';
import { BugError, ConflictError, DiskFullError, EngineFailedError, FailedError } from '../../../src/errors/index.js';
import { Conversation } from '../../../src/node/conversation.js';
import { Freeze, nodePlatform, Thaw } from '../../../src/node/index.js';

const broken = new EngineFailedError('the engine broke', 'mend it');
const PLATFORM = {
  able: true,
  reason: '',
  kernel: '6.12.0',
  architecture: 'x86_64',
  criu: '4.1',
  cpuFlags: ' sse  avx2 ',
  memoryFreeBytes: 1,
  diskFreeBytes: 2,
};

describe('a conversation', () => {
  test('says words, and hears lines in whatever pieces they come', async () => {
    const { engine, id } = await nodeWith(async ({ stdin, stdout }) => {
      for await (const word of createInterface({ input: stdin })) {
        for (const byte of Buffer.from(`{"heard":"${word}"}\n`)) await stdout(Buffer.from([byte]));
      }
    });
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    conversation.say('one');
    expect(await conversation.next()).toEqual({ heard: 'one' });
    conversation.say('two');
    expect(await conversation.next()).toEqual({ heard: 'two' });
    await conversation.end();
  });

  test('its end is the end of the command’s input, and waits for the command', async () => {
    let isOver = false;
    const { engine, id } = await nodeWith(async ({ stdin }) => {
      for await (const _ of stdin) await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve, 5));
      isOver = true;
    });
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    await conversation.end();
    expect(isOver).toBe(true);
    await conversation.end();
  });

  test('that is abandoned waits for nobody', async () => {
    const { engine, id } = await nodeWith(() => new Promise<void>(() => undefined));
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    await conversation.abandon();
    await expect(conversation.next()).rejects.toThrow();
  });

  test('what is said after its end is not an error; the next answer tells', async () => {
    const { engine, id } = await nodeWith(async ({ stdin, stderr }) => {
      for await (const _ of stdin) await Promise.resolve();
      await stderr('first\nthe input ended\n');
      return 1;
    });
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    await conversation.end();
    conversation.say('hello');
    await expect(conversation.next()).rejects.toThrow('node1 broke off: it ended with 1 the input ended');
  });

  test.each([
    ['{"phase":"failed","reason":"no fence"}', FailedError, 'node1: no fence'],
    ['{"phase":"failed","reason":"write: No space left on device"}', DiskFullError, "node1: the engine's disk is full"],
    ['Segmentation fault', BugError, 'something unexpected: Segmentation fault'],
  ])('%s', async (line, kind, message) => {
    const { engine, id } = await nodeWith(({ stdout }) => stdout(`${line}\n`));
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    const error = await conversation.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    await conversation.end();
  });

  test.each([64, 127])('with an image that does not know the command: it ends with %i', async (code) => {
    const { engine, id } = await nodeWith(() => code);
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    await expect(conversation.next()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'the image of node1 is too old for this',
    });
    await conversation.end();
  });

  test('with a node that dies', async () => {
    const { engine, id } = await nodeWith(() => new Promise<void>(() => undefined));
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    setTimeout(() => engine.die(id), 5);
    await expect(conversation.next()).rejects.toThrow('node1 broke off: the node was stopped or killed');
    await conversation.end();
  });

  test('with a node that does not run, and with an engine that fails', async () => {
    const { engine, id } = await nodeWith(() => 0);
    engine.failAtCall(engine.callCount + 1, broken);
    const failed = Conversation.with(engine, id, 'node1', ['talk']);
    await expect(failed.next()).rejects.toBe(broken);
    await failed.end();
    await engine.containers.stop(id, { graceMs: 0 });
    const stopped = Conversation.with(engine, id, 'node1', ['talk']);
    await expect(stopped.next()).rejects.toThrow(ConflictError);
    await stopped.end();
  });

  test.each([1, 7, 1000])('has bytes between lines, in whatever pieces they come (%i)', async (size) => {
    const said = Buffer.concat([
      Buffer.from('{"bytes":3000}\n'),
      Buffer.alloc(3000, '\n{'),
      Buffer.from('{"end":1}\n'),
    ]);
    const { engine, id } = await nodeWith(async ({ stdout }) => {
      for (let at = 0; at < said.length; at += size) await stdout(said.subarray(at, at + size));
    });
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    expect(await conversation.next()).toEqual({ bytes: 3000 });
    expect(await buffer(conversation.bytes(3000))).toEqual(Buffer.alloc(3000, '\n{'));
    expect(await conversation.next()).toEqual({ end: 1 });
    await conversation.end();
  });

  test('whose bytes break off, and one whose bytes nobody reads', async () => {
    const { engine, id } = await nodeWith(async ({ stdout }) => {
      for (let sent = 0; sent < 50; sent += 1) await stdout(Buffer.alloc(10_000));
    });
    const broken = Conversation.with(engine, id, 'node1', ['talk']);
    await expect(buffer(broken.bytes(500_001))).rejects.toThrow('the node broke off');
    await broken.end();
    const unread = Conversation.with(engine, id, 'node1', ['talk']);
    unread.bytes(500_000);
    await unread.end();
  });

  test('keeps saying that it is there, until its end', async () => {
    const words: string[] = [];
    const { engine, id } = await nodeWith(async ({ stdin }) => {
      for await (const word of createInterface({ input: stdin })) words.push(word);
    });
    const conversation = Conversation.with(engine, id, 'node1', ['talk']);
    conversation.keepSaying('hold', 1);
    await expect.poll(() => words.length).toBeGreaterThan(2);
    await conversation.end();
    const said = words.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(words.length).toBe(said);
  });
});

test('a platform is what can-freeze prints', async () => {
  const { engine, id } = await nodeWith(({ stdout }) => stdout(`${JSON.stringify(PLATFORM)}\n`));
  expect(await nodePlatform(engine, id)).toEqual({ ...PLATFORM, words: 1, cpuFlags: ['sse', 'avx2'] });
});

test('a look at the platform ends at an interrupt', async () => {
  const { engine, id } = await nodeWith(() => new Promise<void>(() => undefined));
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(new Error('Ctrl-C')), 5);
  await expect(nodePlatform(engine, id, interrupt.signal)).rejects.toThrow('Ctrl-C');
  await expect(nodePlatform(engine, id, interrupt.signal)).rejects.toThrow('Ctrl-C');
});

test('a freeze goes through its phases, and its command line has mode and id', async () => {
  const words: string[] = [];
  let command: readonly string[] = [];
  const answers: Record<string, string> = {
    fence: '{"phase":"fenced"}',
    dump: '{"phase":"standing"}\n{"phase":"dumped","bytes":17,"deletedFilesBytes":5,"processes":3,"since":1700000000}',
    go: '{"phase":"resumed","views":4,"files":6,"problem":""}\nvie\nfiles\n',
  };
  const { engine, id } = await nodeWith(async (run) => {
    command = run.command;
    await run.stdout(`${JSON.stringify(PLATFORM)}\n{"phase":"ready"}\n`);
    for await (const word of createInterface({ input: run.stdin })) {
      words.push(word);
      await run.stdout(`${answers[word]}\n`);
    }
  });
  const freeze = new Freeze(engine, id, 'node1', { mode: 'live', id: 'the-id', withEvidence: true });
  expect((await freeze.platform()).kernel).toBe('6.12.0');
  await freeze.ready();
  await freeze.fence();
  await freeze.stand();
  expect(await freeze.dumped()).toEqual({ bytes: 17, deletedFilesBytes: 5, processes: 3, since: 1_700_000_000 });
  const { views, files, problems } = await freeze.go();
  expect(views && (await text(views))).toBe('vie\n');
  expect(files && (await text(files))).toBe('files\n');
  expect(problems).toEqual([]);
  await freeze.end();
  expect(words).toEqual(['fence', 'dump', 'go']);
  expect(command).toEqual(['/usr/lib/bdsandbox/freeze', 'live', 'the-id', 'evidence']);
});

test('a thaw gives its time limit in seconds', async () => {
  const words: string[] = [];
  const thaw = await thawWith(async (run) => {
    for await (const word of createInterface({ input: run.stdin })) {
      words.push(word);
      await run.stdout(word === 'unfence' ? '{"phase":"open"}\n' : '{"phase":"restored"}\n');
    }
  });
  await thaw.restored();
  await thaw.unfence();
  await thaw.end();
  expect(words).toEqual(['thaw 2 kept', 'unfence']);
});

test('a thaw in a node that ends tells so', async () => {
  const thaw = await thawWith(({ stdout }) => stdout('{"phase":"restored"}\n'));
  await thaw.restored();
  await expect(thaw.unfence()).rejects.toThrow('node1 broke off: the node was stopped or killed');
});

test.each([
  [0, 'ready'],
  [1, 'failed'],
  [69, 'timed-out'],
])('a thaw goes on as the agent’s wait: exit code %i means %s', async (code, outcome) => {
  const words: string[] = [];
  const change = '{"name":"echo","state":"starting","pid":7,"since":null,"detail":"not yet"}';
  const thaw = await thawWith(async (run) => {
    for await (const word of createInterface({ input: run.stdin })) {
      words.push(word);
      if (word.startsWith('thaw')) await run.stdout('{"phase":"restored"}\n');
      else if (word === 'unfence') await run.stdout('{"phase":"open"}\n');
      else if (word === 'resume') await run.stdout('{"phase":"running"}\n');
      else if (word.startsWith('wait')) await run.stdout(`${change}\n{"phase":"waited","code":${code}}\n`);
      else await run.stdout('{"phase":"written"}\n');
    }
  });
  await thaw.restored();
  await thaw.unfence();
  await thaw.resume();
  const changes: unknown[] = [];
  expect(await thaw.wait(1001, (each) => changes.push(each))).toBe(outcome);
  expect(changes).toEqual([JSON.parse(change)]);
  const files = [{ path: '/etc/a', content: '{"b": "ä"}\n' }];
  await thaw.write(files, { path: '/etc/mark', time: new Date('2100-01-01T00:00:00.001Z') });
  const written = ['write /etc/a eyJiIjogIsOkIn0K', 'folder /etc/mark 4102444800.001'];
  expect(words).toEqual(['thaw 2 kept', 'unfence', 'resume', 'wait 2', ...written]);
  await thaw.end();
});

test('a thaw whose wait is given up does not wait', async () => {
  const thaw = await thawWith(async (run) => {
    await run.stdout('{"phase":"restored"}\n{"phase":"open"}\n');
    await new Promise((resolve) => run.killed.addEventListener('abort', resolve));
  });
  await thaw.restored();
  await thaw.unfence();
  const controller = new AbortController();
  const waiting = thaw.wait(60_000, () => undefined, controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

async function nodeWith(program: Program): Promise<{ engine: MemoryEngine; id: string }> {
  const engine = new MemoryEngine().addImage('image').when((command) => command[0] !== '/init', program);
  const id = await engine.containers.create({ name: 'n', image: 'image', hostname: 'n', labels: {}, environment: {} });
  await engine.containers.start(id);
  return { engine, id };
}

/** Of a node whose main process is the program. */
async function thawWith(main: Program): Promise<Thaw> {
  const engine = new MemoryEngine().addImage('image').when('/init', main);
  const spec = { name: 'n', image: 'image', hostname: 'n', labels: {}, environment: {}, stdin: true };
  const id = await engine.containers.create(spec);
  const thaw = await Thaw.of(engine, id, 'node1', { timeoutMs: 1001, past: 'kept' });
  await engine.containers.start(id);
  return thaw;
}
