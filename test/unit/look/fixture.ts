import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { afterEach } from 'vitest';
import { type MemoryEngine, memoryEngines, type Program } from '../../../src/engine/memory/index.js';
import type { FlowEvent } from '../../../src/events/index.js';
import { type ChosenNode, chooseNodes } from '../../../src/look/index.js';
import { createSandbox, findSandbox, type SandboxRecord } from '../../../src/sandbox/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';

export const LOGS = '/usr/lib/bdsandbox/logs';
const SCRIPT = resolve(import.meta.dirname, '../../../templates/images/node/rootfs', `.${LOGS}`);
const LOG = '/var/log/bdsandbox/echo.log';
const WRITTEN = new Date('2026-01-01T12:00:00Z');

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

export interface Scene {
  readonly engine: MemoryEngine;
  readonly record: SandboxRecord;
  readonly nodes: ChosenNode[];
  readonly context: {
    readonly engines: ReturnType<typeof memoryEngines>;
    readonly report: (event: FlowEvent) => void;
    readonly signal: AbortSignal;
  };
  /** What was told on the side. */
  readonly notices: string[];
  readonly interrupt: AbortController;
  /** Where a node's files are for its script. */
  root(node: string): string;
  /** Writes a file of a node, both for its script and for the engine. */
  write(node: string, path: string, content: string, modified?: Date): Promise<void>;
}

/** A sandbox whose nodes run the real script on files of a temporary folder each. */
export async function scene(nodes = 2): Promise<Scene> {
  const engine = tinyEngine();
  await createSandbox(contextOf(engine), request({ plan: tinyPlan(nodes) }));
  const engines = memoryEngines(engine);
  const record = await findSandbox(engines, 'demo', 'ann');
  const base = mkdtempSync(join(tmpdir(), 'bdsandbox-look-'));
  roots.push(base);
  const root = (node: string): string => join(base, containerOf(record, node).name);
  engine.when(LOGS, realScript(base));
  const notices: string[] = [];
  const interrupt = new AbortController();
  datedArchives(engine);
  const made: Scene = {
    engine,
    record,
    nodes: await chooseNodes(record, { services: [] }),
    context: {
      engines,
      report: (event) => void (event.type === 'notice' && notices.push(event.message)),
      signal: interrupt.signal,
    },
    notices,
    interrupt,
    root,
    write: async (node, path, content, modified = WRITTEN) => {
      await engine.containers.writeFiles(containerOf(record, node).id, [{ path, content }]);
      const file = join(root(node), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      utimesSync(file, modified, modified);
    },
  };
  for (const { name } of record.sandbox.nodes) await made.write(name, '/etc/bdsandbox/services/echo/log', `${LOG}\n`);
  return made;
}

/** The memory engine keeps no times of files. */
function datedArchives(engine: MemoryEngine): void {
  const read = engine.containers.readArchive.bind(engine.containers);
  Object.assign(engine.containers, {
    readArchive: async (container: string, path: string) => {
      const archive = pack();
      for await (const entry of (await read(container, path)).pipe(extract())) {
        archive.entry({ ...entry.header, mtime: WRITTEN }, await buffer(entry));
      }
      archive.finalize();
      return Readable.from(archive, { objectMode: false });
    },
  });
}

function containerOf(record: SandboxRecord, node: string): { readonly id: string; readonly name: string } {
  const index = record.sandbox.nodes.findIndex(({ name }) => name === node);
  const container = record.containers[index];
  if (!container) throw new Error(`no node ${node}`);
  return container.summary;
}

function realScript(base: string): Program {
  return async ({ command, container, stdin, stdout, stderr, killed }) => {
    const child = spawn('perl', [SCRIPT, ...command.slice(1)], {
      env: { ...process.env, BDSANDBOX_ROOT: join(base, container.name), BDSANDBOX_POLL_SECONDS: '0.01' },
    });
    const exited = once(child, 'exit') as Promise<[number | null]>;
    killed.addEventListener('abort', () => child.kill('SIGKILL'));
    stdin.pipe(child.stdin);
    child.stderr.on('data', (chunk: Buffer) => void stderr(chunk));
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) await stdout(chunk);
    return (await exited)[0] ?? 137;
  };
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
