import { appendFileSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EngineUnreachableError, UsageError } from '../../../src/errors/index.js';
import type { LogLine, LogsRequest } from '../../../src/look/index.js';
import { followLogs } from '../../../src/look/index.js';
import { LOGS, type Scene, scene } from './fixture.js';

const LOG = '/var/log/bdsandbox/echo.log';
const TIMES = { windowMs: 20, pauseMs: 5 };
const HEAD = '2026-01-01 10:00:0';

/** Follows until the test has seen enough. */
class Following implements AsyncDisposable {
  readonly #lines: AsyncGenerator<LogLine>;
  readonly #made: Scene;

  constructor(made: Scene, request: LogsRequest = {}) {
    this.#made = made;
    this.#lines = followLogs(made.context, made.nodes, request, TIMES);
  }

  async next(count = 1): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const { value, done } = await this.#lines.next();
      if (done) break;
      texts.push(value.text);
    }
    return texts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#made.interrupt.abort(new Error('enough'));
    await this.#lines.return(undefined);
  }
}

async function started(content = `${HEAD}0,000 INFO a\n`): Promise<Scene & { readonly log: string }> {
  const made = await scene(1);
  await made.write('node1', LOG, content);
  return { ...made, log: join(made.root('node1'), LOG) };
}

test('what is there comes first, then what is written, once', async () => {
  const made = await started(`${HEAD}0,000 INFO a\n${HEAD}1,000 INFO half`);
  await using following = new Following(made, { tail: 1 });
  expect(await following.next()).toEqual([`${HEAD}0,000 INFO a`]);
  const next = following.next(2);
  appendFileSync(made.log, ` whole\n${HEAD}2,000 INFO c\n`);
  expect(await next).toEqual([`${HEAD}1,000 INFO half whole`, `${HEAD}2,000 INFO c`]);
});

test('goes on in the new file after a rotation, with the rest of the old one', async () => {
  const made = await started();
  await using following = new Following(made);
  expect(await following.next()).toEqual([`${HEAD}0,000 INFO a`]);
  const next = following.next(2);
  appendFileSync(made.log, `${HEAD}1,000 INFO b\n`);
  renameSync(made.log, `${made.log}.1`);
  writeFileSync(made.log, `${HEAD}2,000 INFO c\n`);
  expect(await next).toEqual([`${HEAD}1,000 INFO b`, `${HEAD}2,000 INFO c`]);
});

test('begins again with a file that was emptied, and with one that was not there', async () => {
  const made = await started();
  await using following = new Following(made);
  await following.next();
  let next = following.next();
  appendFileSync(made.log, `${HEAD}1,000 INFO b\n`);
  await next;
  truncateSync(made.log);
  next = following.next();
  // Shorter than what was read, so it can be told apart from one that has grown.
  appendFileSync(made.log, `${HEAD}2,000 I\n`);
  expect(await next).toEqual([`${HEAD}2,000 I`]);
  next = following.next();
  writeFileSync(join(made.root('node1'), '/var/log/bdsandbox/echo.out'), 'Killed\n');
  expect(await next).toEqual(['Killed']);
});

test('what belongs to a line comes with it, also when it is written later', async () => {
  const made = await started('');
  await using following = new Following(made, { level: 'WARN' });
  const next = following.next(2);
  await untilFollowed(made);
  appendFileSync(made.log, `${HEAD}1,000 INFO b\n\tat info\n${HEAD}2,000 ERROR c\n`);
  setTimeout(() => appendFileSync(made.log, `\tat x\n${HEAD}3,000 INFO d\n`), 50);
  const all = (await next).join('|').replaceAll('\n', '|');
  expect(all).toContain(`${HEAD}2,000 ERROR c|\tat x`);
});

test('a match is looked for in what comes, too', async () => {
  const made = await started();
  await using following = new Following(made, { grep: 'wanted', tail: 0 });
  const next = following.next();
  await untilFollowed(made);
  appendFileSync(made.log, `${HEAD}1,000 INFO no\n${HEAD}2,000 INFO wanted\n`);
  expect(await next).toEqual([`${HEAD}2,000 INFO wanted`]);
});

test('a node that stops is waited for, and nothing is lost or told twice', async () => {
  const made = await started();
  await using following = new Following(made);
  await following.next();
  const id = made.nodes[0]?.container ?? '';
  let next = following.next();
  appendFileSync(made.log, `${HEAD}1,000 INFO b\n`);
  await next;
  await made.engine.containers.stop(id, { graceMs: 0 });
  next = following.next(2);
  appendFileSync(made.log, `${HEAD}2,000 INFO while it stood\n`);
  await untilTold(made, 'node1 is stopped: its logs go on when it runs');
  await made.engine.containers.start(id);
  appendFileSync(made.log, `${HEAD}3,000 INFO d\n`);
  expect(await next).toEqual([`${HEAD}2,000 INFO while it stood`, `${HEAD}3,000 INFO d`]);
});

test('a node that was stopped before is followed from its end when it starts', async () => {
  const made = await started();
  const id = made.nodes[0]?.container ?? '';
  await made.engine.containers.stop(id, { graceMs: 0 });
  const nodes = made.nodes.map((node) => ({ ...node, state: 'stopped' as const }));
  await using following = new Following({ ...made, nodes });
  expect(await following.next()).toEqual([`${HEAD}0,000 INFO a`]);
  const next = following.next();
  await untilTold(made, 'node1 is stopped: its logs go on when it runs');
  appendFileSync(made.log, `${HEAD}1,000 INFO b\n`);
  await made.engine.containers.start(id);
  expect(await next).toEqual([`${HEAD}1,000 INFO b`]);
});

test('ends when the last node is removed', async () => {
  const made = await started();
  await using following = new Following(made);
  await following.next();
  const next = following.next();
  await made.engine.containers.remove(made.nodes[0]?.container ?? '');
  expect(await next).toEqual([]);
});

test('lines of several nodes that come together are put in order', async () => {
  const made = await scene(2);
  let second = false;
  made.engine.when([LOGS, 'follow'], async ({ container, stdout, killed }) => {
    const isFirst = container.name === 'bds.demo';
    await stdout(entry(isFirst ? '10:00:02' : '10:00:01', container.name));
    second = true;
    await new Promise((resolve) => killed.addEventListener('abort', resolve));
  });
  made.engine.when([LOGS, 'read'], () => 0);
  await using following = new Following(made);
  expect(await following.next(2)).toEqual(['bds.demo.node2', 'bds.demo']);
  expect(second).toBe(true);
});

test('a node whose image has no script is told of, and left out', async () => {
  const made = await started();
  made.engine.when(LOGS, () => 127);
  await using following = new Following(made);
  expect(await following.next(2)).toEqual([`${HEAD}0,000 INFO a`]);
  expect(made.notices).toEqual([expect.stringContaining('the logs of node1 are not followed: ')]);
});

test.each([
  ['an engine that is gone', new EngineUnreachableError('no engine', 'start it')],
  ['an error of the program', new TypeError('x is undefined')],
])('%s ends it', async (_, error) => {
  const made = await started();
  await using following = new Following(made);
  await following.next();
  made.engine.beforeCall = ({ name }) => {
    if (name === 'containers.inspect') throw error;
  };
  await expect(following.next()).rejects.toBe(error);
});

test('a wrong regular expression ends it', async () => {
  const made = await started();
  await using following = new Following(made, { grep: '(?<$name>a)' });
  await expect(following.next()).rejects.toBeInstanceOf(UsageError);
});

test('an interrupt ends it with its reason, and the script in the node', async () => {
  const made = await started();
  let ended: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    ended = resolve;
  });
  made.engine.when([LOGS, 'follow'], async ({ stdin }) => {
    for await (const _ of stdin);
    ended();
  });
  const following = new Following(made);
  await following.next();
  const next = following.next();
  setTimeout(() => made.interrupt.abort(new Error('Ctrl-C')), 20);
  await expect(next).rejects.toThrow('Ctrl-C');
  await gone;
});

test('the real script ends with its input', async () => {
  const made = await started();
  const following = new Following(made);
  await following.next();
  const next = following.next();
  appendFileSync(made.log, `${HEAD}1,000 INFO b\n`);
  await next;
  expect(perls()).toBe(1);
  await following[Symbol.asyncDispose]();
  await expect.poll(perls).toBe(0);

  function perls(): number {
    return readdirSync('/proc').filter((pid) => environmentOf(pid).includes(`BDSANDBOX_ROOT=${made.root('node1')}\0`))
      .length;
  }
});

function environmentOf(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/environ`, 'utf8') : '';
  } catch {
    return '';
  }
}

function entry(time: string, text: string): string {
  const at = `2026-01-01T${time}.000Z`;
  return `E\techo\t${at}\t${at}\tINFO\t${text}\nP\techo\tlog\t1\t1\n`;
}

/** Before it is followed its container is looked at; it was read without. */
async function untilFollowed({ engine }: Scene): Promise<void> {
  await expect
    .poll(() => engine.callNames.slice(-2), { interval: 5 })
    .toEqual(['containers.inspect', 'containers.exec']);
}

async function untilTold({ notices }: Scene, message: string): Promise<void> {
  await expect.poll(() => notices, { interval: 5 }).toContain(message);
}
