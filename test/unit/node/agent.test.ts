import { describe, expect, it } from 'vitest';
import { MemoryEngine, type Program } from '../../../src/engine/memory/index.js';
import { BugError, ConflictError, FailedError, NotFoundError } from '../../../src/errors/index.js';
import { NodeAgent, type ServiceStatus } from '../../../src/node/index.js';

const PATH = '/usr/lib/bdsandbox/node';
const STARTING = '{"name":"namenode","state":"starting","pid":7,"since":null,"detail":"safe mode"}';
const READY = '{"name":"namenode","state":"ready","pid":7,"since":null,"detail":"größer"}';

describe('wait', () => {
  it.each([
    [0, 'ready'],
    [1, 'failed'],
    [69, 'timed-out'],
  ])('exit code %i means %s', async (exitCode, outcome) => {
    const { agent } = await agentOf(['wait'], () => exitCode);
    expect(await agent.wait(1000, ignore)).toBe(outcome);
  });

  it.each([2, 126, 127, 137])('exit code %i is a failure, with the last line it said', async (exitCode) => {
    const { agent } = await agentOf(['wait'], async ({ stderr }) => {
      await stderr('first\nno plan.json\n');
      return exitCode;
    });
    // stderr has no sink, so it is collected.
    const error = await failure(agent.wait(1000, ignore));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: `the node's agent ended with ${exitCode}: no plan.json` });
  });

  it.each([
    [1, '1'],
    [1000, '1'],
    [1001, '2'],
    [600_000, '600'],
  ])('%i ms are %s seconds for the agent', async (ms, seconds) => {
    let command: readonly string[] = [];
    const { agent } = await agentOf(['wait'], (run) => {
      command = run.command;
    });
    await agent.wait(ms, ignore);
    expect(command).toEqual([PATH, 'wait', seconds]);
  });

  const output = Buffer.from(`${STARTING}\n\n${READY}\n`);
  it.each([
    ['one chunk', [output]],
    ['a chunk for each byte', [...output].map((byte) => Buffer.from([byte]))],
    ['chunks that end in the middle of a line', [output.subarray(0, 20), output.subarray(20, 80), output.subarray(80)]],
    ['lines that end as on a terminal', [Buffer.from(`${STARTING}\r\n${READY}\r\n`)]],
    ['a last line without its end', [Buffer.from(`${STARTING}\n${READY}`)]],
  ])('hears every change, in order, out of %s', async (_, chunks) => {
    const { agent } = await agentOf(['wait'], async ({ stdout }) => {
      for (const chunk of chunks) await stdout(chunk);
    });
    const changes: ServiceStatus[] = [];
    expect(await agent.wait(1000, (change) => changes.push(change))).toBe('ready');
    expect(changes).toEqual([JSON.parse(STARTING), JSON.parse(READY)]);
  });

  it('may be for some services only', async () => {
    let command: readonly string[] = [];
    const { agent } = await agentOf(['wait'], (run) => {
      command = run.command;
    });
    await agent.wait(1000, ignore, undefined, ['namenode', 'datanode']);
    expect(command).toEqual([PATH, 'wait', '1', 'namenode', 'datanode']);
  });

  it('hears a change at once, not at the end', async () => {
    const heard = Promise.withResolvers<void>();
    const { agent } = await agentOf(['wait'], async ({ stdout }) => {
      await stdout(`${STARTING}\n`);
      await heard.promise;
      return 0;
    });
    expect(await agent.wait(1000, () => heard.resolve())).toBe('ready');
  });

  it.each([
    ['no JSON', 'Segmentation fault'],
    ['half a line of JSON', '{"name":"namenode","st'],
    ['an unknown state', '{"name":"namenode","state":"tired","pid":7,"since":null,"detail":""}'],
    ['a field that is missing', '{"name":"namenode","state":"ready"}'],
    ['something else', '[]'],
  ])('calls %s a bug and repeats the line, and still hears the rest', async (_, line) => {
    const { agent } = await agentOf(['wait'], ({ stdout }) => stdout(`${line}\n${READY}\n`));
    const changes: ServiceStatus[] = [];
    const error = await failure(agent.wait(1000, (change) => changes.push(change)));
    expect(error).toBeInstanceOf(BugError);
    expect(error).toMatchObject({ message: `the node's agent said something unexpected: ${line}` });
    expect(changes).toEqual([JSON.parse(READY)]);
  });

  it('ends with the reason of an interrupt', async () => {
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const { agent } = await agentOf(['wait'], async ({ stdout, killed }) => {
      await stdout(`${STARTING}\n`);
      await new Promise<void>((resolve) => killed.addEventListener('abort', () => resolve()));
    });
    await expect(agent.wait(1000, () => interrupt.abort(reason), interrupt.signal)).rejects.toBe(reason);
  });

  it('fails when the node dies', async () => {
    const { agent, engine } = await agentOf(['wait'], async ({ stdout, killed }) => {
      await stdout(`${STARTING}\n`);
      await new Promise<void>((resolve) => killed.addEventListener('abort', () => resolve()));
    });
    const error = await failure(agent.wait(1000, () => engine.die('node')));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: expect.stringContaining('ended with 137') });
  });

  it('needs a node that runs', async () => {
    const { agent, engine } = await agentOf(['wait'], () => 0);
    await engine.containers.stop('node', { graceMs: 0 });
    await expect(agent.wait(1000, ignore)).rejects.toThrow(ConflictError);
  });
});

describe('services', () => {
  it('gives what the agent prints', async () => {
    const services = [
      { name: 'namenode', state: 'ready', pid: 17, since: '2026-01-01T00:00:00Z', detail: 'active' },
      { name: 'datanode', state: 'failed', pid: null, since: null, detail: 'ended with 1' },
    ];
    const { agent } = await agentOf(['services'], ({ stdout }) => stdout(`${JSON.stringify(services)}\n`));
    expect(await agent.services()).toEqual(services);
  });

  it.each([
    ['no JSON', 'oops'],
    ['an unknown state', '[{"name":"a","state":"tired","pid":null,"since":null,"detail":""}]'],
    ['a pid that is a text', '[{"name":"a","state":"ready","pid":"1","since":null,"detail":""}]'],
  ])('refuses %s', async (_, text) => {
    const { agent } = await agentOf(['services'], ({ stdout }) => stdout(text));
    await expect(agent.services()).rejects.toThrow();
  });
});

describe('sight', () => {
  it('gives what the agent prints', async () => {
    const printed = `{"cpuPercent":12.5,"memoryBytes":1000,"services":[${READY}]}\n`;
    const { agent } = await agentOf(['sight'], ({ stdout }) => stdout(printed));
    const services = [JSON.parse(READY)];
    expect(await agent.sight()).toEqual({ cpuPercent: 12.5, memoryBytes: 1000, figures: [], services });
  });

  it.each([
    '{"cpuPercent":-1,"memoryBytes":1,"services":[]}',
    '{"cpuPercent":1,"memoryBytes":1.5,"services":[]}',
    '{"cpuPercent":1,"memoryBytes":1}',
    'oops',
  ])('refuses %s', async (text) => {
    const { agent } = await agentOf(['sight'], ({ stdout }) => stdout(text));
    await expect(agent.sight()).rejects.toThrow();
  });
});

describe('start and stop', () => {
  it.each(['start', 'stop'] as const)('%s names the services', async (action) => {
    let command: readonly string[] = [];
    const { agent } = await agentOf([action], (run) => {
      command = run.command;
    });
    await agent[action](['namenode', 'datanode']);
    expect(command).toEqual([PATH, action, 'namenode', 'datanode']);
  });

  it('are told when they fail', async () => {
    const { agent } = await agentOf(['stop'], async ({ stderr }) => {
      await stderr('s6-svc: timed out\n');
      return 99;
    });
    await expect(agent.stop(['namenode'])).rejects.toThrow("failed at 'stop namenode': s6-svc: timed out");
  });
});

describe('orders', () => {
  it('gives a number for each service', async () => {
    const { agent } = await agentOf(['orders'], ({ stdout }) => stdout('hmaster 2\nnamenode 0\nodd\n'));
    expect([...(await agent.orders())]).toEqual([
      ['hmaster', 2],
      ['namenode', 0],
      ['odd', 0],
    ]);
  });

  it('none of a node without services', async () => {
    const { agent } = await agentOf(['orders'], () => 0);
    expect((await agent.orders()).size).toBe(0);
  });
});

describe('log', () => {
  it('gives the lines', async () => {
    let command: readonly string[] = [];
    const { agent } = await agentOf(['log'], async (run) => {
      command = run.command;
      await run.stdout('one\n\n  two\n');
    });
    expect(await agent.log('namenode', 15)).toEqual(['one', '  two']);
    expect(command).toEqual([PATH, 'log', 'namenode', '15']);
  });
});

describe('an agent', () => {
  it.each([126, 127])('that is not there (%i) belongs to a foreign image', async (exitCode) => {
    const { agent } = await agentOf([], async ({ stderr }) => {
      await stderr('stat /usr/lib/bdsandbox/node: no such file or directory\n');
      return exitCode;
    });
    for (const ask of [agent.services(), agent.sight(), agent.log('namenode', 1)]) {
      const error = await failure(ask);
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ message: expect.stringContaining('no such file or directory') });
    }
  });

  it('that fails says at what, and its last line', async () => {
    const { agent } = await agentOf([], async ({ stderr }) => {
      await stderr('first\nno such service\n');
      return 3;
    });
    const error = await failure(agent.log('nmaenode', 15));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: "the node's agent failed at 'log nmaenode 15': no such service" });
  });
});

/** The agent of a container that runs, and what it does when it is asked this. */
async function agentOf(
  command: readonly string[],
  program: Program,
): Promise<{ agent: NodeAgent; engine: MemoryEngine }> {
  const engine = new MemoryEngine().addImage('image').when([PATH, ...command], program);
  const id = await engine.containers.create({
    name: 'node',
    image: 'image',
    hostname: 'n',
    labels: {},
    environment: {},
  });
  await engine.containers.start(id);
  return { agent: new NodeAgent(engine, id), engine };
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
}

function ignore(): void {}
