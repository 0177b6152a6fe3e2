import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import type { RestoredSandbox, TakenSnapshot } from '../../src/snapshot/index.js';
import { bds, docker, inNode, json, ok, traces } from './cli.js';
import { changeByHand, evidenceOf, evidenceOfSnapshot, expectWholeScene } from './evidence.js';
import { countRows, expectNoDamage, fileDigest, identities, putFile, putRows } from './scene.js';
import { startWriter, stopWriter, writerState } from './writer.js';

const ROWS = 20_000;
const FILE = '/scene/random.bin';

describe.each([
  { nodes: 5, golden: 'never' },
  { nodes: 1, golden: 'auto' },
])('snapshots of $nodes node(s), golden: $golden', ({ nodes, golden }) => {
  const name = `e2e-scene-${nodes}`;
  const copies = [`${name}-a`, `${name}-b`];
  let before: Awaited<ReturnType<typeof traces>>;

  beforeAll(async () => {
    before = await traces();
    const environment = { BDSANDBOX_GOLDEN: process.env['BDSANDBOX_E2E_GOLDEN'] ?? golden };
    const cluster = ['hadoop-hbase', '--nodes', String(nodes)];
    if (environment.BDSANDBOX_GOLDEN === 'auto') await ok(['images', 'warm', ...cluster], { environment });
    await ok(['create', ...cluster, name], { environment });
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
    const { stdout } = await bds(['snapshots', 'ls', '-q']);
    for (const snapshot of stdout.split('\n').filter((each) => each.startsWith('e2e-'))) {
      await ok(['snapshots', 'rm', snapshot, '--force']);
    }
    expect(await traces()).toEqual(before);
  });

  describe('live', () => {
    let digest: string;
    let then: Record<string, unknown>;
    let taken: TakenSnapshot;

    beforeAll(async () => {
      await putRows(name, 0, ROWS);
      digest = await putFile(name, FILE, 100_000_000);
      await changeByHand(name);
      then = await identities(name);
      taken = await json<TakenSnapshot>(['snapshot', `e2e-live-${nodes}`, '--sandbox', name, '--mode', 'live']);
      await putRows(name, ROWS, ROWS + 500);
      await putFile(name, '/scene/later.bin', 1_000_000);
    });

    test('says what it is', () => {
      expect(taken).toMatchObject({ mode: 'live', reason: '', sandbox: name, parent: null });
      expect(taken.nodes).toHaveLength(nodes);
      expect(taken.memory?.bytes).toBeGreaterThan(100e6 * nodes);
      expect(taken.frozenMs).toBeGreaterThan(0);
      expect(taken.evidence?.files).toBeGreaterThan(50);
      expect(taken.changes.map(({ what }) => what)).toEqual(['created']);
    });

    test('its evidence has the whole scene, and collect gives the same without a snapshot', async () => {
      const sandbox = await json<Sandbox>(['status', name]);
      expectWholeScene(await evidenceOfSnapshot(taken.name), sandbox);
      expectWholeScene(await evidenceOf(name), sandbox);
    });

    test('two copies beside the original hold what was there, with the same processes and sessions', async () => {
      for (const copy of copies) {
        const restored = await json<RestoredSandbox>(['restore', taken.name, copy]);
        expect(restored).toMatchObject({ mode: 'live', startedFrom: 'snapshot', parentSnapshot: taken.name });
        expect(await identities(copy)).toEqual(then);
      }
      for (const copy of copies) {
        expect(await countRows(copy)).toEqual({ rows: ROWS, wrong: 0 });
        expect(await fileDigest(copy, FILE)).toBe(digest);
        expect(await fileDigest(copy, '/scene/later.bin')).toBeUndefined();
        await expectNoDamage(copy);
      }
    });

    test('the original has gone on', async () => {
      expect(await countRows(name)).toEqual({ rows: ROWS + 500, wrong: 0 });
      expect(await fileDigest(name, FILE)).toBe(digest);
      expect(await fileDigest(name, '/scene/later.bin')).toHaveLength(64);
      await expectNoDamage(name);
      expect(await identities(name)).toEqual(then);
    });

    test('what is written to one copy is seen in no other', async () => {
      const [a = '', b = ''] = copies;
      await putRows(a, 30_000, 30_100);
      await putFile(a, '/scene/mine.bin', 1_000_000);
      expect(await countRows(b)).toEqual({ rows: ROWS, wrong: 0 });
      expect(await fileDigest(b, '/scene/mine.bin')).toBeUndefined();
    });

    test('a snapshot is kept while something runs from it, and a copy outlives its original', async () => {
      const refused = await bds(['snapshots', 'rm', taken.name, '--force']);
      expect(refused.exitCode).toBe(5);
      expect(refused.stderr).toContain(`${name}-a`);
      await ok(['destroy', ...copies, '--force']);
    });
  });

  test('in the middle of a MapReduce job: it ends well in the original and in the copy', async () => {
    const snapshot = `e2e-job-${nodes}`;
    const copy = `${name}-job`;
    const application = await startJob(name);
    await json<TakenSnapshot>(['snapshot', snapshot, '--sandbox', name, '--mode', 'live']);
    expect(await applicationState(name, application)).toBe('RUNNING');
    const restored = await json<RestoredSandbox>(['restore', snapshot, copy]);
    expect(restored.mode).toBe('live');
    expect(await applicationState(copy, application)).toMatch(/RUNNING|FINISHED/);
    expect(await finalState(name, application)).toBe('SUCCEEDED');
    expect(await finalState(copy, application)).toBe('SUCCEEDED');
    await ok(['destroy', copy, '--force']);
  });

  test('in the middle of an HBase write load: no acknowledged row is missing, and the client goes on', async () => {
    const snapshot = `e2e-load-${nodes}`;
    const copy = `${name}-load`;
    await startWriter(name);
    await json<TakenSnapshot>(['snapshot', snapshot, '--sandbox', name, '--mode', 'live']);
    const restored = await json<RestoredSandbox>(['restore', snapshot, copy]);
    expect(restored.mode).toBe('live');
    const first = await writerState(copy);
    expect(first.missing).toEqual([]);
    expect(first.acknowledged).toBeGreaterThan(0);
    await expect
      .poll(async () => (await writerState(copy)).acknowledged, { timeout: 60_000 })
      .toBeGreaterThan(first.acknowledged + 20);
    expect((await writerState(copy)).missing).toEqual([]);
    expect((await writerState(name)).missing).toEqual([]);
    await ok(['destroy', copy, '--force']);
  });

  test('cold: services start from the files, and nothing acknowledged is missing', async () => {
    const snapshot = `e2e-cold-${nodes}`;
    const copy = `${name}-cold`;
    const taken = await json<TakenSnapshot>(['snapshot', snapshot, '--sandbox', name, '--mode', 'cold']);
    expect(taken).toMatchObject({ mode: 'cold', memory: null });
    await stopWriter(name);
    const restored = await json<RestoredSandbox>(['restore', snapshot, copy]);
    expect(restored).toMatchObject({ mode: 'cold', state: 'running' });
    expect(await countRows(copy)).toEqual({ rows: ROWS + 500, wrong: 0 });
    expect((await writerState(copy)).missing).toEqual([]);
    expect(await fileDigest(copy, '/scene/later.bin')).toBe(await fileDigest(name, '/scene/later.bin'));
    await expectNoDamage(copy);
    await ok(['destroy', copy, '--force']);
  });

  test('a client on the host that is connected at the moment does no harm', async () => {
    const snapshot = `e2e-client-${nodes}`;
    const { nodes: all } = await json<RestoredSandbox>(['status', name]);
    const url =
      all.flatMap(({ ports }) => ports).find(({ service, url }) => service === 'namenode' && url !== null)?.url ?? '';
    const [address = '', port = ''] = new URL(url).host.split(':');
    const { connect } = await import('node:net');
    const client = connect(Number(port), address);
    await new Promise((resolve) => client.once('connect', resolve));
    try {
      await ok(['snapshot', snapshot, '--sandbox', name, '--mode', 'live']);
      client.write('GET /jmx?qry=java.lang:type=Runtime HTTP/1.0\r\n\r\n');
      const answer = await new Promise<string>((resolve) => client.once('data', (data) => resolve(data.toString())));
      expect(answer).toContain('200');
    } finally {
      client.destroy();
    }
    const restored = await json<RestoredSandbox>(['restore', snapshot, `${name}-client`]);
    expect(restored.mode).toBe('live');
    await ok(['destroy', `${name}-client`, '--force']);
  });

  test('no container of a snapshot is left on the engine', async () => {
    expect(await docker('ps', '-a', '--filter', 'label=bdsandbox.snapshot.role=work', '--format', '{{.Names}}')).toBe(
      '',
    );
  });
});

/** Begins a job of several maps, and returns when some run. */
async function startJob(node: string): Promise<string> {
  const jar = '/opt/hadoop/share/hadoop/mapreduce/hadoop-mapreduce-examples-*.jar';
  await inNode(node, `nohup hadoop jar ${jar} pi 6 40000000 > /tmp/job.log 2>&1 < /dev/null &`);
  const script = `for i in $(seq 120); do
  grep -q 'map [1-9]' /tmp/job.log && break
  pgrep -f '[Y]arnChild' > /dev/null && break
  sleep 0.5
done
yarn application -list 2>/dev/null | grep -o 'application_[0-9_]*' | head -n 1`;
  const [id = 'no application'] = /application_\d+_\d+/.exec(await inNode(node, script)) ?? [];
  return id;
}

async function applicationState(node: string, application: string): Promise<string> {
  const status = await inNode(node, `yarn application -status ${application} 2>/dev/null`);
  return /\sState : (\w+)/.exec(status)?.[1] ?? 'unknown';
}

async function finalState(node: string, application: string): Promise<string> {
  const script = `for i in $(seq 120); do
  status=$(yarn application -status ${application} 2>/dev/null)
  [[ $status == *'State : FINISHED'* ]] && break
  sleep 2
done
echo "$status"`;
  return /Final-State : (\w+)/.exec(await inNode(node, script))?.[1] ?? 'unknown';
}
