import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { JsonSchema } from '../../../scripts/derive-schemas.ts';
import { FailedError } from '../../../src/errors/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import type { LogLine, SandboxEvent } from '../../../src/look/index.js';
import type { Watched } from '../../../src/sandbox/index.js';
import { Flags, liveScreen } from '../../../src/ui/index.js';
import { startProgress } from '../../../src/ui/progress/start-progress.js';
import { askLine } from '../../../src/ui/prompt.js';
import { renderError } from '../../../src/ui/render-error.js';
import { eventLine, logPrinter, watchPrinter, watchScreen } from '../../../src/views/index.js';
import { schemas } from '../../schemas.ts';
import { COMMAND_IDS, loadCommand } from '../commands.js';
import { asProcess, config } from './fixture.js';

const printed = asProcess();

/** A title, a cleared screen, the same in eight bits, a direction, an invisible letter, an overwritten and a forged line. */
const HOSTILE = 'x\u001B]0;t\u0007\u001B[2J\u001B[8m\u009B1A\u202Eb\u200Bc\rd\ne\u0000\u2028';

/** What may come out besides text: line ends and tabs. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Where readline and listr2 move the cursor themselves: what of HOSTILE came through all the same. */
function foreign(text: string): string[] {
  return ['\u0007', '\u001B[8m', '\u009B', '\u202E', '\u200B', '\u2028', '\u0000'].filter((each) =>
    text.includes(each),
  );
}

/** Every command has a schema; so each one's output, also of a command that nobody thought of here, is made hostile. */
function hostile(schema: JsonSchema, pick: number): unknown {
  const { type, properties, items, anyOf, additionalProperties, enum: values } = schema as Schema;
  if (anyOf) return hostile(anyOf[pick % anyOf.length] ?? {}, pick);
  if ('const' in schema) return schema['const'];
  if (values) return values[pick % values.length];
  const [kind] = [type].flat().filter((each) => each !== 'null');
  switch (kind) {
    case 'string':
      return HOSTILE;
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return pick % 2 === 0;
    case 'array':
      return [hostile(items ?? {}, pick), hostile(items ?? {}, pick + 1)];
    case 'object': {
      const known = Object.entries(properties ?? {}).map(([key, each]) => [key, hostile(each, pick)]);
      const more = typeof additionalProperties === 'object' ? [[HOSTILE, hostile(additionalProperties, pick)]] : [];
      return Object.fromEntries([...known, ...more]);
    }
    default:
      return type === 'null' ? null : HOSTILE;
  }
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly enum?: readonly unknown[];
}

/** What the command prints when its run returns this. */
async function output(id: string, data: unknown, argv: readonly string[]): Promise<string> {
  const Command = await loadCommand(id);
  const command = new Command([...argv], config);
  command.run = async () => {
    // For --quiet.
    await command.parse({ flags: { json: Flags.boolean() }, baseFlags: Command.baseFlags }, argv);
    return data;
  };
  printed.text = '';
  await command['_run']();
  return printed.text;
}

describe.each(COMMAND_IDS)('%s shows what others wrote, and obeys none of it', (id) => {
  it.each([
    ['for people', []],
    ['with --quiet', ['--quiet']],
    ['with --json', ['--json']],
  ])('%s', async (_, argv) => {
    const schema = schemas().get(id) as { oneOf: readonly [{ properties: { data: JsonSchema } }] };
    for (const pick of [0, 1, 2]) {
      const data = hostile(schema.oneOf[0].properties.data, pick);
      const text = await output(id, data, argv);
      expect(text.match(UNSEEN)).toBeNull();
      if (argv[0] === '--json') expect(JSON.parse(text)).toEqual({ ok: true, data });
    }
  });
});

it('texts of several lines keep them', async () => {
  const shown = { file: 'a', content: 'one\ttwo\u001B[2J\nthree\n' };
  expect(await output('snapshots:show', shown, [])).toBe('one\ttwo\\x1b[2J\nthree\n');
});

it('a name cannot forge a line', async () => {
  expect(await output('rename', { name: 'a\nb', before: 'c' }, [])).toBe('c is a\\nb now.\n');
});

it('lines of logs, and of followed events', async () => {
  const print = await logPrinter([{ name: HOSTILE, services: [HOSTILE] }]);
  const line = { node: HOSTILE, service: HOSTILE, level: 'WARN', text: `a\tb${HOSTILE}` } as LogLine;
  expect(print(line).match(UNSEEN)).toBeNull();
  expect(print(line)).toContain('a\tb');
  const event = { at: HOSTILE, sandbox: HOSTILE, node: HOSTILE, service: HOSTILE, what: HOSTILE, by: HOSTILE };
  expect(eventLine({ ...event, details: { [HOSTILE]: HOSTILE, more: [{ a: HOSTILE }] } } as SandboxEvent)).not.toMatch(
    UNSEEN,
  );
});

it('a watched sandbox', async () => {
  const services = [{ name: HOSTILE, state: 'failed', detail: HOSTILE, pid: 1, since: null }];
  const node = { name: HOSTILE, state: HOSTILE, services, ports: [], cpuPercent: 1, memoryBytes: 1, diskBytes: 1 };
  const sight = {
    name: HOSTILE,
    state: 'running',
    template: HOSTILE,
    owner: HOSTILE,
    host: HOSTILE,
    createdAt: HOSTILE,
    expiresAt: null,
    parentSnapshot: HOSTILE,
    at: new Date(0),
    nodes: [{ ...node, receivedPerSecond: 1, sentPerSecond: 1 }],
    machines: [],
    figures: [],
  } as unknown as Watched;
  printed.text = '';
  using screen = liveScreen({ frame: watchScreen, lines: watchPrinter() }, new AbortController().signal);
  await screen.show(sight);
  expect(printed.text).toContain('\\x1b[2J');
  expect(printed.text.match(UNSEEN)).toBeNull();
});

it.each(['plain', 'quiet', 'live'] as const)('%s progress', async (mode) => {
  let text = '';
  vi.mocked(process.stderr.write).mockImplementation((chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  });
  const progress = startProgress(() => mode);
  const events: readonly FlowEvent[] = [
    { type: 'flow', title: HOSTILE, steps: [{ id: 'a', title: HOSTILE }] },
    { type: 'step-started', step: 'a', detail: HOSTILE },
    { type: 'service', node: HOSTILE, service: HOSTILE, state: 'failed', detail: HOSTILE },
    { type: 'notice', level: 'warning', message: `left out: ${HOSTILE}` },
    { type: 'step-failed', step: 'a', detail: HOSTILE },
  ];
  for (const event of events) progress.report(event);
  await progress.end();
  expect(text).toContain('left out: x\\x1b]0;t\\x07');
  // The live list moves the cursor itself.
  if (mode === 'live') expect(foreign(text)).toEqual([]);
  else expect(text.match(UNSEEN)).toBeNull();
});

it('errors, and questions', async () => {
  const error = new FailedError(HOSTILE, HOSTILE, { details: [HOSTILE] });
  expect(renderError(error, true, 40).match(UNSEEN)).toBeNull();
  let asked = '';
  const output = Object.assign(Object.create(process.stderr), {
    isTTY: true,
    write: (chunk: string) => {
      asked += chunk;
      return true;
    },
  });
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const answer = askLine({ question: HOSTILE, flag: '--yes' }, { input: input as never, output });
  input.end('no\n');
  await answer;
  expect(asked).toContain('x\\x1b]0;t\\x07\\x1b[2J');
  expect(foreign(asked)).toEqual([]);
});
