import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { deriveSchemas, type JsonSchema } from '../scripts/derive-schemas.ts';

let derived: ReadonlyMap<string, JsonSchema> | undefined;

/** By id of the command: of the sources as they are now, so that no build is needed. */
export function schemas(): ReadonlyMap<string, JsonSchema> {
  derived ??= deriveSchemas(resolve(import.meta.dirname, '..'));
  return derived;
}

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

/**
 * Fails the test unless a command's output is as its schema says; what the schema does not know is an error too.
 * @param command as typed, with or without arguments after it
 */
export function expectSchema(command: readonly string[], output: unknown): void {
  const id = [command.slice(0, 2).join(':'), command[0] ?? ''].find((each) => schemas().has(each)) ?? '';
  const validate = compiled.get(id) ?? ajv.compile(closed(schemas().get(id) ?? { not: {} }));
  compiled.set(id, validate);
  const problems = validate(output) ? [] : (validate.errors ?? []);
  expect(
    problems.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`),
    `bdsandbox ${command.join(' ')} --json is not what schema "${id}" says`,
  ).toEqual([]);
}

/** The same schema without room for fields that it does not name. */
export function closed(schema: JsonSchema): JsonSchema {
  const inside = (part: unknown): unknown =>
    Array.isArray(part)
      ? part.map(inside)
      : typeof part === 'object' && part !== null
        ? closed(part as JsonSchema)
        : part;
  const { properties, ...rest } = schema;
  const entries = ['items', 'anyOf', 'oneOf', 'additionalProperties'].filter((key) => key in rest);
  return {
    ...rest,
    ...Object.fromEntries(entries.map((key) => [key, inside(rest[key])])),
    ...(typeof properties === 'object' && properties !== null
      ? {
          properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inside(value)])),
          ...('additionalProperties' in rest ? {} : { additionalProperties: false }),
        }
      : {}),
  };
}
