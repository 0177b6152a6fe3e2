import { z } from 'zod';
import { absolutePath, innerPath, name, properties, summary, value } from './values.js';

// What each key means is said where template authors look: in templates/components/hadoop/component.yaml.

const configFile = z
  .strictObject({
    path: absolutePath,
    format: z.enum(['hadoop-xml', 'properties', 'text']),
    properties: properties.optional(),
    text: z.string().optional(),
    file: innerPath.optional(),
    keys: innerPath.optional(),
  })
  .refine(
    ({ text, file }) => text === undefined || file === undefined,
    'text and file are two ways to say the same; use one',
  )
  .refine(({ format, keys }) => format !== 'text' || keys === undefined, 'a text file has no keys that could be known')
  .refine(
    ({ format, text, file }) => format !== 'hadoop-xml' || (text === undefined && file === undefined),
    'a hadoop-xml file consists of properties; text and file are for the formats properties and text',
  )
  .refine(
    (config) =>
      config.format !== 'text' || ((config.text ?? config.file) !== undefined && config.properties === undefined),
    'a text file needs text or file, and has no properties',
  );

const port = z.strictObject({
  port: z.int().min(1).max(65_535),
  protocol: z.enum(['http', 'tcp']).default('tcp'),
  publish: z.boolean().default(false),
  path: z.string().startsWith('/').default('/'),
});

const status = z
  .strictObject({
    port: name,
    path: z
      .string()
      .regex(/^\/[^\s"\\]*$/, 'a path begins with / and has no spaces or quotes')
      .optional(),
    say: z
      .string()
      .regex(/^[\w-]+$/, 'one word is expected, e.g. mntr')
      .optional(),
  })
  .refine(
    ({ path, say }) => (path === undefined) !== (say === undefined),
    'a status has either path (of a page) or say (a word)',
  );

const figure = z
  .strictObject({
    view: name,
    value: z.string().regex(/^[\w.-]+$/, 'the name of a value is expected, e.g. NumLiveDataNodes'),
    of: value.optional(),
    unit: z.enum(['count', 'bytes', 'megabytes']).default('count'),
    well: z.enum(['none', 'all']).optional(),
  })
  .refine(({ well, of }) => well !== 'all' || of !== undefined, 'well: all needs of, which says how many all are');

/** Words that people read; the plan writes them into lines of tab-separated fields. */
const label = z.string().regex(/^[A-Za-z][\w. -]{0,29}$/, 'up to 30 letters, digits, spaces and hyphens are expected');

const service = z
  .strictObject({
    summary,
    main: z.string().min(1).optional(),
    heapMb: z.int().min(16).optional(),
    options: z.array(value).default([]),
    command: z.array(value).min(1).optional(),
    arguments: z.array(value).default([]),
    before: z.string().optional(),
    needs: z
      .array(z.string().regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/, 'a need is SERVICE.PORT, e.g. namenode.rpc'))
      .default([]),
    reads: z.array(z.string()).optional(),
    ports: z.record(name, port).default({}),
    log: absolutePath.optional(),
    stopOrder: z.int().min(0).max(9).default(0),
    status: z.record(name, status).default({}),
    figures: z.record(label, z.record(label, figure)).default({}),
    ready: z.strictObject({ script: z.string().min(1), hint: z.string().min(1) }),
  })
  .refine((it) => (it.main === undefined) !== (it.command === undefined), 'a service has either main (Java) or command')
  .refine((it) => it.main === undefined || it.heapMb !== undefined, 'a Java service needs heapMb');

export const componentSchema = z.strictObject({
  name,
  summary,
  version: z.string('a text is expected; put the version in quotes').min(1),
  extends: name.optional(),
  source: z.strictObject({ maven: innerPath }).optional(),
  home: absolutePath.optional(),
  requires: z.array(name).default([]),
  environment: z
    .record(
      z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'an environment variable has capitals, digits and underscores'),
      value,
    )
    .default({}),
  config: z.record(z.string().regex(/^[a-z][a-z0-9.-]*$/), configFile).default({}),
  addsTo: z.record(z.string(), properties).default({}),
  java: z.strictObject({ classpath: z.array(value).min(1), options: z.array(value).default([]) }).optional(),
  services: z.record(name, service).default({}),
});

export type RawComponent = z.output<typeof componentSchema>;
export type RawService = z.output<typeof service>;
export type RawFigure = z.output<typeof figure>;
export type RawStatus = z.output<typeof status>;
