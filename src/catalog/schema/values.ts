import { z } from 'zod';

/** Names of templates, components, services, groups, ports: good as a host name, a file name and a Liquid key. */
export const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    'a name has lower-case letters, digits and single hyphens, and begins with a letter',
  )
  .max(40);

/** Text with Liquid in it; numbers and booleans are taken as written. */
export const value = z.union([z.string(), z.number(), z.boolean()], {
  error: 'a text, a number, true or false is expected',
});

export const absolutePath = z.string().regex(/^\/[^\0\s]*[^\0\s/]$/, 'an absolute path without spaces is expected');

/** File inside the component's own folder. */
export const innerPath = z
  .string()
  .regex(/^(?!.*(^|\/)\.\.(\/|$))[^/\0][^\0]*$/, "a path inside the component's folder is expected");

export const summary = z.string().min(1).max(80);

export const properties = z.record(z.string().min(1), value);
