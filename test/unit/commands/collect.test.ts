import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type MemoryEngine, memoryEngines } from '../../../src/engine/memory/index.js';
import { readEvidence } from '../../../src/evidence/index.js';
import { loadCommand } from '../commands.js';
import { newScene, restore, take } from '../snapshot/fixture.js';
import { asProcess, config } from './fixture.js';

let engine: MemoryEngine;

vi.mock('../../../src/wiring/workspace.js', async (load) => ({
  ...(await load<object>()),
  openEngines: async () => memoryEngines(engine),
}));

const printed = asProcess();
const folder = mkdtempSync(join(tmpdir(), 'bdsandbox-collect-'));
const Collect = await loadCommand('collect');

beforeAll(async () => {
  engine = (await newScene()).engine;
  const snapshot = await take(engine);
  await take(engine, { name: 'other' });
  await restore(engine, snapshot);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function collect(...argv: string[]): Promise<{ readonly text: string; readonly warnings: string }> {
  let warnings = '';
  vi.mocked(process.stderr.write).mockImplementation((chunk: string | Uint8Array) => {
    warnings += String(chunk);
    return true;
  });
  vi.stubEnv('BDSANDBOX_OWNER', 'ann');
  printed.text = '';
  await new Collect([...argv, '--quiet', '-o', join(folder, 'x'), '--force'], config)['_run']();
  vi.stubEnv('BDSANDBOX_OWNER', undefined);
  return { text: printed.text, warnings };
}

/** Which of the two the file is of. */
async function kind(): Promise<unknown> {
  const { about } = await readEvidence(Readable.from([readFileSync(join(folder, 'x'))]));
  return 'kind' in Object(about) ? 'sandbox' : 'snapshot';
}

it('says what it took of where a sandbox and a snapshot have one name', async () => {
  const { warnings } = await collect('bug');
  expect(warnings).toBe(
    'warning: bug is a sandbox and a snapshot: this is of the sandbox, now; of the snapshot: bdsandbox collect bug --snapshot\n',
  );
  expect(await kind()).toBe('sandbox');
});

it('takes the snapshot where that is said', async () => {
  const { warnings } = await collect('bug', '--snapshot');
  expect([warnings, await kind()]).toEqual(['', 'snapshot']);
  await expect(collect('demo', '--snapshot')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(collect('--snapshot')).rejects.toMatchObject({ code: 'USAGE', message: '--snapshot needs a name' });
});

it.each([
  ['demo', 'sandbox'],
  ['other', 'snapshot'],
])('%s is the only one of its name, and nothing is said', async (name, what) => {
  const { warnings } = await collect(name);
  expect([warnings, await kind()]).toEqual(['', what]);
});

it.each([
  [['demo'], 'demo-evidence/'],
  [['other'], 'other-evidence/'],
])('%j unpacks into %s', async ([name = ''], top) => {
  await collect(name);
  const files = Readable.from([readFileSync(join(folder, 'x'))])
    .pipe(createZstdDecompress())
    .pipe(extract());
  const names: string[] = [];
  for await (const entry of files) {
    names.push(entry.header.name);
    entry.resume();
  }
  expect(names).toContain(`${top}about.json`);
  expect(names.filter((each) => !each.startsWith(top))).toEqual([]);
});
