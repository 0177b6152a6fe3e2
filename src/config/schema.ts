import { z } from 'zod';
import { UsageError } from '../errors/index.js';
import { CONFIG_KEYS } from './keys.js';
import { notOfProject } from './own-file.js';
import type { ConfigFile } from './read-file.js';

const text = z.string('has to be text').min(1, 'is empty');

/** The shape of a file. What a value has to look like is each key's own parser's business (keys.ts). */
const fileSchema = z.strictObject(
  {
    owner: text.optional(),
    engine: text.optional(),
    registry: text.optional(),
    trusted: z
      .strictObject(
        { registries: z.array(text, 'has to be a list of registries').optional() },
        'has to be a map with "registries"',
      )
      .optional(),
    templates: z.array(text, 'has to be a list of folders').optional(),
    maven: z.strictObject({ repository: text.optional() }, 'has to be a map with "repository"').optional(),
    network: z.strictObject({ pool: text.optional() }, 'has to be a map with "pool"').optional(),
    publish: z.strictObject({ address: text.optional() }, 'has to be a map with "address"').optional(),
    golden: text.optional(),
    ttl: text.optional(),
    timeout: text.optional(),
  },
  'has to be a map of settings',
);

export type FileContent = z.infer<typeof fileSchema>;

export function checkShape(file: ConfigFile, kind: 'project' | 'user' = 'user'): FileContent {
  const result = fileSchema.safeParse(file.content);
  if (result.success && result.data.trusted && kind === 'project')
    throw notOfProject(`${file.path}:${file.lineOf(['trusted'])}`);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new UsageError(`${file.path}: not valid`, HINT, { cause: result.error });
  const keys = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const name = [...keys, issue.keys[0] ?? ''];
    throw new UsageError(`${file.path}:${file.lineOf(name)}: unknown key "${name.join('.')}"`, HINT);
  }
  // An index into a list is a place, not a key.
  const name = keys.filter((key) => !/^\d+$/.test(key)).join('.');
  const subject = name === '' ? 'the file' : name;
  throw new UsageError(`${file.path}:${file.lineOf(keys)}: ${subject} ${issue.message}`, HINT);
}

const HINT = `the keys are ${CONFIG_KEYS.join(', ')}`;
