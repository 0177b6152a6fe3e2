import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const folder = path.join(import.meta.dirname, '../../../templates/images/node/rootfs/usr/lib/bdsandbox');
const programs = readdirSync(folder).flatMap((name) => {
  const text = readFileSync(path.join(folder, name), 'utf8');
  return text.startsWith('#!') ? [{ name, text }] : [];
});

/** Run by those that have dropped the capabilities before, and by CRIU. */
const BY_OTHERS = ['finish', 'jvm-views', 'lifeline', 'stop-services', 'supervise', 'thawed', 'hold', 'hold-restored'];

test.each(programs)(
  '$name, which the engine can run with all capabilities, says first what it does with them',
  ({ name, text }) => {
    if (BY_OTHERS.includes(name)) return;
    const code = text
      .split('\n')
      .filter((line) => !line.startsWith('#') && line !== 'set -u' && line.trim() !== '')
      .join('\n');
    expect(code).toMatch(
      /^(?:\. (?:"\$\{BASH_SOURCE\[0\]%\/\*\}|\/usr\/lib\/bdsandbox)\/(?:bare|rights)|BEGIN \{[\s\S]{0,200}CapPrm[\s\S]{0,100}setpriv)/,
    );
  },
);
