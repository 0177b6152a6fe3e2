import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { expect, onTestFinished, vi } from 'vitest';
import type { EngineInfo } from '../../../src/engine/index.js';
import type { MemoryEngine, Program } from '../../../src/engine/memory/index.js';
import { WORDS_VERSION } from '../../../src/node/index.js';
import type { Plan } from '../../../src/plan/index.js';
import { createSandbox, type FlowContext, findSandbox, type SandboxRecord } from '../../../src/sandbox/index.js';
import type { Manifest, Snapshot } from '../../../src/snapshot/index.js';
import {
  type RestoredSandbox,
  type RestoreRequest,
  restoreSnapshot,
  type SnapshotRequest,
  type TakenSnapshot,
  takeSnapshot,
} from '../../../src/snapshot/index.js';
import { contextOf, request, tinyEngine, tinyPlan } from '../sandbox/fixture.js';

export { contextOf } from '../sandbox/fixture.js';

/** A process that cannot be: its number is beyond the kernel's limit of 4194304 (PID_MAX_LIMIT). */
export const DEAD = `${hostname()}:4194305:1`;
const LIB = '/usr/lib/bdsandbox';
const MEMORY_BYTES = 1000;

export type Phase = 'open' | 'fence' | 'dump' | 'go' | 'thaw' | 'unfence' | 'resume' | 'write';

interface Failure {
  readonly node: string;
  readonly phase: Phase;
  readonly reason?: string;
  /** CRIU's. */
  readonly log?: string;
}

/** What the nodes' scripts do and know, for all containers of one engine. */
export class Nodes {
  /** Containers that stand still or hear nobody. */
  readonly held = new Set<string>();
  /** Conversations that have not ended. */
  open = 0;
  /** All words that came, with node and command. */
  readonly words: string[] = [];
  /** Tar of what nodes say of themselves, and why there is none. */
  views: Buffer = Buffer.alloc(1024);
  problem = '';
  /** What thawed nodes were told of their past. */
  readonly pasts: string[] = [];
  /** Of the last thawed one. */
  environment: Readonly<Record<string, string>> = {};
  /** How the waiting for a thawed node's services ends. */
  waitCode = 0;
  /** What goes wrong, and where. */
  failure: Failure | undefined;
  /** Awaited at each phase before its answer. */
  atPhase: ((phase: Phase, node: string) => Promise<void> | void) | undefined;
  unable: { readonly node?: string; readonly reason: string } | undefined;
  cpuFlags = 'sse avx2';
  wordsVersion = WORDS_VERSION;
  kernel = '6.12.0';
  memoryFreeBytes = 8e9;

  install(engine: MemoryEngine): this {
    engine
      .when(`${LIB}/freeze`, this.#freeze)
      .when('/init', this.#init)
      .when(`${LIB}/can-freeze`, ({ stdout, environment }) => stdout(this.#platform(environment['BDSANDBOX_NODE'])))
      .when(['sleep', 'infinity'], ({ killed }) => ended(killed))
      .when(['rm', '-rf'], ({ command, files }) => removeMemory(files, command[2] ?? ''))
      .when('bash', ({ command, files }) =>
        removeMemory(files, /^rm -rf (\S+)$/.exec(command.at(-1) ?? '')?.[1] ?? ''),
      );
    return this;
  }

  /** Every node goes on, and no conversation is open. */
  expectFree(about?: string): void {
    expect([...this.held], about).toEqual([]);
    expect(this.open, about).toBe(0);
  }

  /** As expectFree, a moment later: for conversations whose end nobody waits for. */
  async expectFreeSoon(about?: string): Promise<void> {
    await expect.poll(() => this.open + this.held.size, { interval: 1, message: about ?? 'all free' }).toBe(0);
  }

  readonly #freeze: Program = (run) =>
    this.#conversation(run, async (node, expectWord, say) => {
      const [, mode, id, evidence] = run.command;
      const views = evidence === 'evidence' ? this.views : Buffer.alloc(0);
      const isLive = mode === 'live';
      const file = `/var/lib/bdsandbox/memory/${id}/${node}/pages.img`;
      await say(this.#platform(node));
      if (isLive && this.unable && (this.unable.node ?? node) === node) return 3;
      let phase: Phase = 'open';
      const step = async (next: Phase, answer: () => string): Promise<void> => {
        phase = next;
        await expectWord(next);
        if (next === 'fence') this.held.add(run.container.id);
        if (next === 'dump') {
          await say('{"phase":"standing"}');
          run.files.write(file, Buffer.alloc(MEMORY_BYTES));
        }
        await this.atPhase?.(next, node);
        this.#mayFail(node, next);
        if (next === 'go') this.held.delete(run.container.id);
        await say(answer());
      };
      try {
        this.#mayFail(node, 'open');
        await say('{"phase":"ready"}');
        await step('fence', () => '{"phase":"fenced"}');
        await step('dump', () => dumped(isLive ? MEMORY_BYTES : 4096));
        const kept = `"views":${views.length},"files":0,"problem":"${this.problem}"`;
        await step('go', () => `{"phase":"resumed",${kept}}`);
        await run.stdout(views);
        if (!isLive) run.files.remove(file);
        return 0;
      } catch (error) {
        run.files.remove(file);
        this.held.delete(run.container.id);
        await this.#sayFailed(error, phase, run);
        return 1;
      }
    });

  /** In one piece, as scripts do whose end is an end of the pipe too. */
  async #sayFailed(error: unknown, phase: Phase, { stdout }: Parameters<Program>[0]): Promise<void> {
    const log = this.failure?.log;
    const live = log === undefined ? {} : { live: true, log: Buffer.byteLength(log) };
    await stdout(`${JSON.stringify({ phase: 'failed', reason: reasonOf(error, phase), ...live })}\n${log ?? ''}`);
  }

  /** The main process. One that does not restore anything just goes on. */
  readonly #init: Program = async (run) => {
    if ((run.environment['BDSANDBOX_RESTORE'] ?? '') !== '') await this.#thaw(run);
    return ended(run.killed);
  };

  readonly #thaw: Program = (run) =>
    this.#conversation(run, async (node, expectWord, say, nextWord) => {
      this.environment = run.environment;
      this.held.add(run.container.id);
      try {
        const [, , past = ''] = (await nextWord())?.split(' ') ?? [];
        this.pasts.push(past);
        const id = run.environment['BDSANDBOX_RESTORE'];
        if (!run.files.has(`/var/lib/bdsandbox/origin/${id}/${node}/pages.img`)) throw new Error('CRIU: no images');
        await this.atPhase?.('thaw', node);
        this.#mayFail(node, 'thaw');
        await say('{"phase":"restored"}');
        await expectWord('unfence');
        await this.atPhase?.('unfence', node);
        this.#mayFail(node, 'unfence');
        await say('{"phase":"open"}');
        await expectWord('resume');
        await this.atPhase?.('resume', node);
        this.#mayFail(node, 'resume');
        await say('{"phase":"running"}');
        this.held.delete(run.container.id);
        for (let words = (await nextWord())?.split(' '); words; words = (await nextWord())?.split(' ')) {
          const [word, path = '', content = ''] = words;
          if (word === 'wait') {
            await say('{"name":"echo","state":"ready","pid":7,"since":null,"detail":"ok"}');
            await say(`{"phase":"waited","code":${this.waitCode}}`);
          } else {
            await this.atPhase?.('write', node);
            this.#mayFail(node, 'write');
            if (word === 'folder') run.files.makeFolder(path, new Date(Number(content) * 1000));
            else run.files.write(path, Buffer.from(content, 'base64'));
            await say('{"phase":"written"}');
          }
        }
        return 0;
      } catch (error) {
        await this.#sayFailed(error, 'thaw', run);
        return 1;
      } finally {
        this.held.delete(run.container.id);
      }
    });

  async #conversation(
    run: Parameters<Program>[0],
    talk: (
      node: string,
      expectWord: (word: string) => Promise<void>,
      say: (line: string) => Promise<void>,
      /** undefined at the end. */
      nextWord: () => Promise<string | undefined>,
    ) => Promise<number>,
  ): Promise<number> {
    const node = run.environment['BDSANDBOX_NODE'] ?? '';
    const heard = createInterface({ input: run.stdin })[Symbol.asyncIterator]();
    const nextWord = async (): Promise<string | undefined> => {
      for (;;) {
        const { value, done } = await heard.next();
        if (!done && value === 'hold') continue;
        this.words.push(`${node} ${done ? 'END' : value}`);
        return done ? undefined : value;
      }
    };
    const expectWord = async (word: string): Promise<void> => {
      if ((await nextWord()) !== word) throw new Error('the snapshot was given up');
    };
    this.open += 1;
    try {
      return await talk(node, expectWord, (line) => run.stdout(`${line.trim()}\n`), nextWord);
    } finally {
      this.open -= 1;
    }
  }

  #mayFail(node: string, phase: Phase): void {
    if (this.failure?.node !== node || this.failure.phase !== phase) return;
    throw new Error(this.failure.reason ?? `broken at ${phase}`);
  }

  #platform(node = ''): string {
    const isUnable = this.unable !== undefined && (this.unable.node ?? node) === node;
    return `${JSON.stringify({
      able: !isUnable,
      reason: isUnable ? this.unable?.reason : '',
      kernel: this.kernel,
      architecture: 'x86_64',
      criu: '4.1',
      cpuFlags: this.cpuFlags,
      words: this.wordsVersion,
      memoryFreeBytes: this.memoryFreeBytes,
      diskFreeBytes: 1e11,
    })}\n`;
  }
}

function dumped(bytes: number): string {
  const since = Math.floor(Date.now() / 1000) - 30;
  return JSON.stringify({ phase: 'dumped', bytes, deletedFilesBytes: 10, processes: 3, since });
}

function reasonOf(error: unknown, phase: string): string {
  return error instanceof Error ? error.message : `broken at ${phase}`;
}

function ended(killed: AbortSignal): Promise<void> {
  return new Promise((resolve) => killed.addEventListener('abort', () => resolve()));
}

function removeMemory(files: Parameters<Program>[0]['files'], folder: string): void {
  for (let index = 1; index <= 5; index += 1) files.remove(`${folder}/node${index}/pages.img`);
}

/** As tinyPlan, with the plan in the nodes. */
export function plan(nodes = 2): Plan {
  const bare = tinyPlan(nodes);
  const written = { ...bare, nodes: bare.nodes.map(({ files: _, ...node }) => node) };
  const file = { path: '/etc/bdsandbox/plan.json', content: JSON.stringify(written), mode: 0o644 };
  return { ...bare, nodes: bare.nodes.map((node) => ({ ...node, files: [file] })) };
}

export interface Scene {
  readonly engine: MemoryEngine;
  readonly nodes: Nodes;
}

export function newEngine(info?: Partial<EngineInfo>): Scene {
  const engine = tinyEngine(info ? { info } : {});
  return { engine, nodes: new Nodes().install(engine) };
}

export async function create(engine: MemoryEngine, name = 'demo', more: Partial<FlowContext> = {}): Promise<void> {
  await createSandbox(contextOf(engine, more), request({ name, plan: plan() }));
}

/** An engine with a sandbox of two nodes. */
export async function newScene(): Promise<Scene> {
  const scene = newEngine();
  await create(scene.engine);
  return scene;
}

export function recordOf(engine: MemoryEngine, name = 'demo'): Promise<SandboxRecord> {
  return findSandbox(contextOf(engine).engines, name, 'ann');
}

export async function take(
  engine: MemoryEngine,
  wanted: Partial<SnapshotRequest> & { readonly of?: string } = {},
  context: Partial<FlowContext> = {},
): Promise<TakenSnapshot> {
  const { of = 'demo', ...more } = wanted;
  const record = await recordOf(engine, of);
  return takeSnapshot(contextOf(engine, context), record, {
    name: 'bug',
    mode: 'auto',
    note: 'it hangs',
    redact: false,
    ...more,
  });
}

export function restore(
  engine: MemoryEngine,
  snapshot: Manifest & Partial<Snapshot>,
  wanted: Partial<RestoreRequest> = {},
  context: Partial<FlowContext> = {},
): Promise<RestoredSandbox> {
  const { plan: _, name: __, image: ___, registry: ____, ...raise } = request();
  const taken = { origin: 'here', trusted: true, ...snapshot } as const;
  return restoreSnapshot(contextOf(engine, context), taken, { ...raise, mode: 'auto', ...wanted });
}

/** Files in a volume. */
export async function filesIn(engine: MemoryEngine, volume: string): Promise<string[]> {
  if (!engine.inventory().volumes.includes(volume)) return [];
  const mounts = [{ volume, path: '/m', readOnly: true }];
  const probe = await engine.containers.create({
    name: 'probe',
    image: 'bdsandbox/tiny:1',
    hostname: 'probe',
    labels: {},
    environment: {},
    mounts,
  });
  const found: string[] = [];
  const files = extract();
  (await engine.containers.readArchive(probe, '/')).pipe(files);
  for await (const entry of files) {
    await text(entry);
    if (entry.header.type === 'file' && entry.header.name.startsWith('m/')) found.push(entry.header.name.slice(2));
  }
  await engine.containers.remove(probe);
  return found.sort();
}

/** All memory that snapshots left in any volume. */
export async function allMemory(engine: MemoryEngine): Promise<string[]> {
  const found: string[] = [];
  for (const volume of engine.inventory().volumes) found.push(...(await filesIn(engine, volume)));
  return found;
}

export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
}

/** From the n-th call on, nothing comes back: the program was killed. @returns when the n-th call was reached */
export async function killedAt(
  engine: MemoryEngine,
  n: number,
  run: () => Promise<unknown>,
): Promise<'killed' | 'ended'> {
  const killed = Promise.withResolvers<'killed'>();
  engine.beforeCall = ({ number }) => {
    if (number < n) return;
    killed.resolve('killed');
    return new Promise<void>(() => undefined);
  };
  const outcome = await Promise.race([killed.promise, run().then(() => 'ended' as const)]);
  // What was already under way in the engine comes to its end there.
  await new Promise((resolve) => setTimeout(resolve, 15));
  engine.beforeCall = undefined;
  return outcome;
}

/** Where CRIU's logs of this test are kept; gone after it. */
export async function criuLogs(): Promise<string> {
  const state = await mkdtemp(path.join(tmpdir(), 'bdsandbox-test-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(state, { recursive: true });
  });
  return path.join(state, 'bdsandbox', 'criu');
}
