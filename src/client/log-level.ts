import path from 'node:path';
import type { KitFile } from './client-config.js';

/** In words that log4j, Log4j 2 and Logback share. */
export const CLIENT_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type ClientLevel = (typeof CLIENT_LEVELS)[number];

/** Where files of these names say how much is logged where nothing else is said. The level is what stands between. */
const ROOT_LEVELS: Readonly<Record<string, readonly RegExp[]>> = {
  // The second is how Hadoop's own file names the level, for its scripts to change.
  'log4j.properties': [/^(\s*log4j\.rootLogger\s*[=:]\s*)\w+/gm, /^(\s*[\w.]+\.root\.logger\s*[=:]\s*)\w+/gm],
  'log4j2.properties': [/^(\s*rootLogger(?:\.level)?\s*[=:]\s*(?:\$\{[^}]*:-)?)\w+/gm],
  'logback.xml': [/(<root\s[^>]*?level\s*=\s*["'])\w+/g],
};

/** The files of a kit with another level for clients; undefined when none of them says one. */
export function withLevel(files: readonly KitFile[], level: ClientLevel): KitFile[] | undefined {
  let isSaid = false;
  const changed = files.map((file) => {
    const content = (ROOT_LEVELS[path.basename(file.path)] ?? []).reduce(
      (text, rule) =>
        text.replace(rule, (_, before: string) => {
          isSaid = true;
          return before + level;
        }),
      file.content,
    );
    return { ...file, content };
  });
  return isSaid ? changed : undefined;
}
