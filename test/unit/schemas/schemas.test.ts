import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deriveSchemas } from '../../../scripts/derive-schemas.ts';
import { EXIT_CODES } from '../../../src/errors/index.js';
import { listSchemas, readSchema } from '../../../src/wiring/index.js';
import { closed, expectSchema, schemas } from '../../schemas.ts';
import { COMMAND_IDS } from '../commands.js';

describe('schemas', () => {
  it('are there for every command, with its data and every error code', () => {
    expect([...schemas().keys()].sort()).toEqual(COMMAND_IDS);
    for (const schema of schemas().values()) {
      expect(schema).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        oneOf: [
          { properties: { ok: { const: true } }, required: ['ok', 'data'] },
          { properties: { error: { properties: { code: { enum: Object.keys(EXIT_CODES).sort() } } } } },
        ],
      });
      expect(JSON.stringify(schema)).toMatch(/"data":\{"(type":"object|anyOf)"/);
    }
  });

  it('hold what people read of a field in the sources', () => {
    expect(JSON.stringify(schemas().get('status'))).toContain(
      '"description":"100 is one core; null where it was not asked for."',
    );
  });

  it('refuse a field more, a field less, and a wrong value', () => {
    const output = { ok: true, data: { destroyed: ['demo'] } };
    expectSchema(['destroy', 'demo'], output);
    expectSchema(['destroy'], { ok: false, error: { code: 'NOT_FOUND', message: 'm', hint: 'h' } });
    for (const wrong of [
      { ...output, more: 1 },
      { ok: true, data: { destroyed: ['demo'], more: 1 } },
      { ok: true, data: {} },
      { ok: true, data: { destroyed: [1] } },
      { ok: false, error: { code: 'NOWHERE', message: 'm', hint: 'h' } },
    ]) {
      expect(() => expectSchema(['destroy'], wrong), JSON.stringify(wrong)).toThrow(/destroy/);
    }
    expect(() => expectSchema(['nonsense'], output)).toThrow(/schema ""/);
  });

  it('are closed for tests, not for those who use them', () => {
    const open = { type: 'object', properties: { a: { type: 'object', properties: {} } } };
    expect(closed(open)).toEqual({
      type: 'object',
      properties: { a: { type: 'object', properties: {}, additionalProperties: false } },
      additionalProperties: false,
    });
    expect(JSON.stringify(schemas().get('ls'))).not.toContain('"additionalProperties":false');
  });
});

describe('what is derived', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(import.meta.dirname, '../../../node_modules/.schemas-'));
    mkdirSync(join(root, 'src/commands/topic'), { recursive: true });
    mkdirSync(join(root, 'src/errors'));
    writeFileSync(
      join(root, 'tsconfig.json'),
      '{ "compilerOptions": { "strict": true, "noEmit": true, "target": "es2024", "types": [] } }',
    );
    writeFileSync(join(root, 'src/errors/index.ts'), "export type ErrorCode = 'A' | 'B';");
  });

  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  function derive(type: string): unknown {
    const file = `export default class Any { async run(): Promise<Data> { throw 0; } }\n${type}`;
    writeFileSync(join(root, 'src/commands/topic/any.ts'), file);
    const schema = deriveSchemas(root).get('topic:any') as { oneOf: [{ properties: { data: unknown } }] };
    return schema.oneOf[0].properties.data;
  }

  it.each([
    [
      'optional fields',
      'interface Data { a?: string; b: number | undefined; c: boolean | null }',
      {
        properties: { a: { type: 'string' }, b: { type: 'number' }, c: { type: ['boolean', 'null'] } },
        required: ['c'],
      },
    ],
    [
      'values',
      "interface Data { a: 'y' | 'x'; b: 1; c: 'x' | null; d: true }",
      {
        properties: {
          a: { enum: ['x', 'y'] },
          b: { const: 1 },
          c: { anyOf: [{ const: 'x' }, { type: 'null' }] },
          d: { const: true },
        },
      },
    ],
    [
      'lists and maps',
      'interface Data { a: readonly string[]; b: Readonly<Record<string, number>>; c: (string | null)[] }',
      {
        properties: {
          a: { type: 'array', items: { type: 'string' } },
          b: { type: 'object', additionalProperties: { type: 'number' } },
          c: { items: { type: ['null', 'string'] } },
        },
      },
    ],
    [
      'made types',
      'interface A { a: string; b: string }\ntype Data = Omit<A, "b"> & { c: unknown }',
      {
        properties: { a: { type: 'string' }, c: {} },
        required: ['a', 'c'],
      },
    ],
  ])('%s', (_, type, expected) => {
    expect(derive(type)).toMatchObject({ type: 'object', ...expected });
  });

  it.each([
    ['a date', 'interface Data { at: Date }', /topic\/any\.at: JSON has nothing for Date/],
    ['a map', 'interface Data { all: Map<string, string> }', /topic\/any\.all/],
    ['a function', 'interface Data { close(): void }', /topic\/any\.close/],
    ['anything', 'interface Data { what: any }', /JSON has nothing for any/],
    ['itself', 'interface Data { again: Data | null }', /topic\/any\.again/],
  ])('refuses %s', (_, type, message) => {
    expect(() => derive(type)).toThrow(message);
  });
});

describe('bdsandbox schema', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bdsandbox-schemas-'));

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('reads what the build wrote', async () => {
    mkdirSync(join(folder, 'snapshots'));
    writeFileSync(join(folder, 'ls.json'), '{}');
    writeFileSync(join(folder, 'snapshots/ls.json'), '{"title":"it"}');
    expect(await listSchemas(folder)).toEqual(['ls', 'snapshots ls']);
    expect(await readSchema('snapshots ls', folder)).toEqual({ title: 'it' });
    await expect(readSchema('snapshots sl', folder)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'did you mean snapshots ls?',
    });
    await expect(readSchema('../package', folder)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(listSchemas(join(folder, 'none'))).rejects.toMatchObject({
      code: 'FAILED',
      hint: expect.stringMatching(/npm run build/),
    });
  });
});
