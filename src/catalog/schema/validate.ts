import { z } from 'zod';
import { didYouMean } from '../../errors/index.js';
import type { Definition } from '../definition.js';
import { type Path, toPlain } from '../yaml/tree.js';

type Issue = z.core.$ZodIssue;

/** @throws TemplateError about the first thing in the definition that does not fit the schema */
export function validate<Schema extends z.ZodType>(definition: Definition, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(toPlain(definition.tree));
  if (result.success) return result.data;
  const issue = innermost(result.error.issues[0]);
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = keysAt(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), path);
    throw definition.error([...path, key], `there is no such key${didYouMean(key, known)}`);
  }
  throw definition.error(path, problemOf(issue));
}

/** An illegal key of a record is an issue inside an issue. */
function innermost(issue: Issue | undefined): Issue {
  if (issue === undefined) throw new TypeError('a failed check without an issue');
  if (issue.code !== 'invalid_key') return issue;
  return { ...innermost(issue.issues[0]), path: issue.path };
}

function problemOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return missing(issue);
  const message = issue.message.replace(/^Invalid (input|option): /, '').replace(/^Too (big|small): /, '');
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function missing(issue: Issue): string {
  return `is missing${'expected' in issue ? ` (${String(issue.expected)})` : ''}`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** The keys a map at this path may have. */
function keysAt(anySchema: object, path: Path): string[] {
  let schemas: readonly JsonSchema[] = [anySchema as JsonSchema];
  for (const step of path) {
    schemas = schemas.flatMap(alternatives).flatMap((schema) => {
      const below =
        typeof step === 'number' ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties);
      return typeof below === 'object' ? [below] : [];
    });
  }
  return schemas.flatMap(alternatives).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? [schema];
}
