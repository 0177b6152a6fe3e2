// The config keys that releases of a component know, for the `keys` of its component.yaml:
//   node scripts/known-keys.mjs JAR... >templates/components/hadoop/files/keys.txt
// Give it the jars of several releases: a key that only another one has must not be taken for a mistake. Keys of the
// *-default.xml come as they are; keys that only the classes name, such as old ones, with a "~": they are known, and never
// suggested. Needs unzip.
import { execFileSync } from 'node:child_process';

const MOST_BYTES = 256 * 1024 * 1024;
/** Classes of constants, and those that list old names of keys. */
const CLASSES = /(?:Keys?|KeysPublic|Configuration|Config|ConfigUtil|HConstants|JobContext|JobConf)(?:\$\w+)?\.class$/;
const KEY = /^[a-z][\w-]*(?:\.[\w-]+)+$/;
const NO_KEY = /\.(?:xml|jar|class|properties|sh|py|html|txt|keytab|jks)$|^(?:io\.netty|java|javax|org|com)\./;

const jars = process.argv.slice(2);
const documented = new Set(jars.flatMap(defaultsOf));
// "dfs", "yarn" and so on: what else has a dot in it is no key.
const families = new Set([...documented].map((key) => key.split('.')[0]));
const constants = new Set(jars.flatMap(constantsOf).filter((text) => families.has(text.split('.')[0])));

for (const key of [...documented].sort()) console.log(key);
for (const key of [...constants].filter((each) => !documented.has(each)).sort()) console.log(`~${key}`);

function defaultsOf(jar) {
  const files = namesIn(jar).filter((name) => /^[a-z]+-default\.xml$/.test(name));
  return files.flatMap((file) =>
    [
      ...unzip('-p', jar, file)
        .toString('utf8')
        .replace(/<!--.*?-->/gs, '')
        .matchAll(/<name>\s*([^<\s]+)\s*<\/name>/g),
    ].map(([, key]) => key),
  );
}

function constantsOf(jar) {
  return namesIn(jar)
    .filter((name) => CLASSES.test(name))
    .flatMap((name) => stringsOf(unzip('-p', jar, name.replaceAll('$', '\\$'))))
    .filter((text) => KEY.test(text) && !NO_KEY.test(text));
}

function namesIn(jar) {
  return unzip('-Z1', jar).toString('utf8').split('\n');
}

function unzip(...words) {
  return execFileSync('unzip', words, { maxBuffer: MOST_BYTES, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** The UTF-8 entries of a class file's constant pool (Java Virtual Machine Specification, 4.4). */
function stringsOf(bytes) {
  const sizes = {
    3: 5,
    4: 5,
    5: 9,
    6: 9,
    7: 3,
    8: 3,
    9: 5,
    10: 5,
    11: 5,
    12: 5,
    15: 4,
    16: 3,
    17: 5,
    18: 5,
    19: 3,
    20: 3,
  };
  const texts = [];
  const count = bytes.readUInt16BE(8);
  let at = 10;
  for (let index = 1; index < count; index += 1) {
    const tag = bytes[at];
    if (tag === 1) {
      const length = bytes.readUInt16BE(at + 1);
      texts.push(bytes.toString('utf8', at + 3, at + 3 + length));
      at += 3 + length;
      continue;
    }
    at += sizes[tag];
    // A long or a double takes two places.
    if (tag === 5 || tag === 6) index += 1;
  }
  return texts;
}
