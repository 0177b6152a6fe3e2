import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limitsSchema, toldFigureSchema } from '../../../src/node/protocol.js';

const LIB = resolve(import.meta.dirname, '../../../templates/images/node/rootfs/usr/lib/bdsandbox');
const BEANS = '{"beans": [{"name": "x", "live" : 3, "share": 2.5, "text": "three", "all": 10}]}';

const folder = mkdtempSync(join(tmpdir(), 'bdsandbox-measure-'));
const pages = createHttpServer((request, response) => {
  response.writeHead(request.url === '/jmx?qry=a:b=c' ? 200 : 404).end(BEANS);
});
const words = createServer((socket) => {
  socket.once('data', (word) =>
    socket.end(String(word) === 'mntr' ? 'zk_version\t3.9\nzk_open\t7\nMode: leader\n' : ''),
  );
});
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  for (const server of [pages, words]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => {
  for (const server of [pages, words]) server.close();
  rmSync(folder, { recursive: true });
});

/** What the agent tells of a service with these lines in its `figures`. */
async function figures(...lines: readonly string[]): Promise<unknown[]> {
  const service = join(folder, 'echo');
  mkdirSync(service, { recursive: true });
  writeFileSync(join(service, 'figures'), lines.map((line) => `${line.replaceAll('|', '\t')}\n`).join(''));
  writeFileSync(
    join(service, 'status'),
    [
      `page http://127.0.0.1:${portOf(pages)}/jmx?qry=a:b=c`,
      `gone http://127.0.0.1:${portOf(pages)}/gone`,
      `word 127.0.0.1:${portOf(words)} mntr`,
      '',
    ].join('\n'),
  );
  const script = `set -u; services=$1; exec {answers}>&1; . ${LIB}/measure; tell_figures echo`;
  const child = spawn('bash', ['-c', script, 'bash', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await text(child.stdout);
  expect(said).toMatch(/^\+echo .*\n$/);
  const told = JSON.parse(`[${said.slice('+echo '.length).trim().slice(1)}]`) as unknown[];
  return told.map((each) => toldFigureSchema.parse(each));
}

describe('tell_figures', () => {
  test('takes numbers out of a page and out of the answer to a word', async () => {
    const told = await figures(
      'page|live|4|count|all|Echo|nodes that live',
      'page|share|all|megabytes|-|Echo|share',
      'word|zk_open|-|count|none|Words|open',
    );
    expect(told).toEqual([
      { title: 'Echo', label: 'nodes that live', unit: 'count', well: 'all', value: 3, all: 4 },
      { title: 'Echo', label: 'share', unit: 'megabytes', well: '-', value: 2.5, of: 10 },
      { title: 'Words', label: 'open', unit: 'count', well: 'none', value: 7 },
    ]);
  });

  test('leaves out what is not there, and what is no number', async () => {
    const told = await figures(
      'page|absent|-|count|-|Echo|a',
      'page|text|-|count|-|Echo|b',
      'word|Mode|-|count|-|Echo|c',
      'page|live|absent|count|-|Echo|d',
    );
    expect(told).toEqual([{ title: 'Echo', label: 'd', unit: 'count', well: '-', value: 3 }]);
  });

  test('tells what it had when a service stops answering', async () => {
    const told = await figures(
      'page|live|-|count|-|Echo|a',
      'gone|live|-|count|-|Echo|b',
      'page|live|-|count|-|Echo|c',
    );
    expect(told).toMatchObject([{ label: 'a' }]);
  });
});

test('limits prints what it promises', async () => {
  const child = spawn('bash', [join(LIB, 'limits')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const before = Date.now();
  const limits = limitsSchema.parse(JSON.parse(await text(child.stdout)));
  expect(limits.timeMs).toBeGreaterThanOrEqual(before - 1000);
  expect(limits.openFiles ?? 1).toBeGreaterThan(0);
});
