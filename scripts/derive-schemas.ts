// JSON Schemas of what every command prints with --json, read from its TypeScript types: there is no second description
// that could say something else. The compiler's API is marked unstable; this file is all that uses it.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import {
  API,
  type Checker,
  type Symbol as Member,
  type Project,
  SignatureKind,
  SymbolFlags,
  type Type,
  TypeFlags,
} from 'typescript/unstable/sync';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** By id of the command, such as "snapshots:ls". @throws Error for a type that JSON cannot hold */
export function deriveSchemas(root: string): Map<string, JsonSchema> {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProject: join(root, 'tsconfig.json') }).getProjects();
    if (project === undefined) throw new Error(`there is no project in ${root}`);
    const error = new Deriver(project.checker).schema(
      typeOf(project, join(root, 'src/errors/index.ts'), 'ErrorCode'),
      'ErrorCode',
    );
    const ids = globSync('**/*.ts', { cwd: join(root, 'src/commands') }).map((file) => file.slice(0, -'.ts'.length));
    return new Map(
      ids.sort().map((id) => {
        const command = typeOf(project, join(root, `src/commands/${id}.ts`), 'default');
        const data = new Deriver(project.checker).schema(dataOf(project.checker, command), id);
        return [id.replaceAll('/', ':'), envelope(id.replaceAll('/', ' '), data, error)];
      }),
    );
  } finally {
    api.close();
  }
}

/** The object around all data; docs/reference/json.md. */
function envelope(command: string, data: JsonSchema, code: JsonSchema): JsonSchema {
  const text = { type: 'string' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `bdsandbox ${command} --json`,
    oneOf: [
      object({ ok: { const: true }, data }),
      object({ ok: { const: false }, error: object({ code, message: text, hint: text }) }),
    ],
  };
}

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

function typeOf({ program, checker }: Project, file: string, name: string): Type {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((each) => each.name === name);
  if (symbol === undefined) throw new Error(`${file} has no export ${name}`);
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/** T of the `run(): Promise<T>` that every command has. */
function dataOf(checker: Checker, command: Type): Type {
  const run = checker.getPropertyOfType(command, 'run');
  const type = run && checker.getTypeOfSymbol(run);
  const [signature] = type ? checker.getSignaturesOfType(type, SignatureKind.Call) : [];
  const promise = signature && checker.getReturnTypeOfSignature(signature);
  const [data] = promise?.isTypeReference() ? checker.getTypeArguments(promise) : [];
  if (data === undefined) throw new Error('a command has a run() that returns a promise');
  return data;
}

class Deriver {
  readonly #checker: Checker;
  /** Types around the current one: one of them again would go on for ever. */
  readonly #open = new Set<number>();

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  /** @param where for errors */
  schema(type: Type, where: string): JsonSchema {
    const { flags } = type;
    if (flags & TypeFlags.Unknown) return {};
    if (flags & TypeFlags.Never) return { not: {} };
    if (flags & TypeFlags.Null) return { type: 'null' };
    if (flags & TypeFlags.Boolean) return { type: 'boolean' };
    if (type.isLiteralType()) return { const: type.value };
    if (flags & (TypeFlags.String | TypeFlags.TemplateLiteral)) return { type: 'string' };
    if (flags & TypeFlags.Number) return { type: 'number' };
    if (type.isUnionType()) return this.#union(type.getTypes() ?? [], where);
    if (this.#checker.isArrayType(type) && type.isTypeReference()) {
      const [item] = this.#checker.getTypeArguments(type);
      return { type: 'array', ...(item && { items: this.schema(item, `${where}[]`) }) };
    }
    if (type.isObjectType() || type.isIntersectionType()) return this.#object(type, where);
    throw new Error(`${where}: JSON has nothing for ${this.#checker.typeToString(type)}`);
  }

  #union(types: readonly Type[], where: string): JsonSchema {
    // JSON leaves out what is undefined.
    const parts = types
      .filter(({ flags }) => (flags & TypeFlags.Undefined) === 0)
      .map((each) => this.schema(each, where));
    const values = parts.flatMap((part) => ('const' in part ? [part['const']] : []));
    const others = parts.filter((part) => !('const' in part));
    // The compiler's own order is that in which it met them.
    const all = [...enumOf(values), ...others].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const [only] = all;
    if (only && all.length === 1) return only;
    const names = all.map((part) => (Object.keys(part).length === 1 ? part['type'] : undefined));
    return names.every((name) => name !== undefined) ? { type: names } : { anyOf: all };
  }

  #object(type: Type, where: string): JsonSchema {
    const called = this.#checker.getSignaturesOfType(type, SignatureKind.Call).length > 0;
    const properties = this.#checker.getPropertiesOfType(type);
    const [index] = this.#checker.getIndexInfosOfType(type);
    const isClass = properties.some(({ name }) => name.startsWith('__@') || name === 'constructor');
    if (called || isClass || this.#open.has(type.id)) {
      throw new Error(`${where}: JSON has nothing for ${this.#checker.typeToString(type)}`);
    }
    this.#open.add(type.id);
    const entries = properties.map((property) => this.#property(property, where));
    const schema = {
      type: 'object',
      ...(entries.length > 0 && { properties: Object.fromEntries(entries.map(({ name, value }) => [name, value])) }),
      ...(entries.length > 0 && { required: entries.flatMap(({ name, required }) => (required ? [name] : [])) }),
      ...(index && { additionalProperties: this.schema(index.valueType, `${where}{}`) }),
    };
    this.#open.delete(type.id);
    return schema;
  }

  #property(property: Member, where: string): { name: string; value: JsonSchema; required: boolean } {
    const { name } = property;
    const type = this.#checker.getTypeOfSymbol(property);
    if (type === undefined) throw new Error(`${where}.${name} has no type`);
    const parts = type.isUnionType() ? (type.getTypes() ?? []) : [type];
    const description = this.#checker.getDocumentationCommentOfSymbol(property).trim();
    return {
      name,
      value: { ...(description !== '' && { description }), ...this.schema(type, `${where}.${name}`) },
      required:
        (property.flags & SymbolFlags.Optional) === 0 &&
        !parts.some(({ flags }) => (flags & TypeFlags.Undefined) !== 0),
    };
  }
}

function enumOf(values: readonly unknown[]): JsonSchema[] {
  const sorted = values.toSorted();
  if (sorted.length < 2) return sorted.map((value) => ({ const: value }));
  const isBoolean = sorted.length === 2 && sorted.every((value) => typeof value === 'boolean');
  return [isBoolean ? { type: 'boolean' } : { enum: sorted }];
}
