import type { Finding } from '../doctor/index.js';
import { prose, type TableOptions, table } from '../ui/index.js';

/** Each check, then what to do about those that are not ok. */
export async function checkTable(
  checks: readonly ({ readonly name: string } & Finding)[],
  options: TableOptions = {},
): Promise<string> {
  const rows = await table(
    ['CHECK', 'STATUS', { title: 'DETAIL', flexible: 'wrap' }],
    checks.map(({ name, status, detail }) => [name, status, detail]),
    options,
  );
  const hints = checks
    .filter(({ hint }) => hint !== '')
    .map(({ name, hint }) => prose(`  ${name}: ${hint}`, { indent: 4, ...options }));
  return hints.length === 0 ? rows : [rows, '', 'What to do:', ...hints].join('\n');
}
