import { expect, test } from 'vitest';
import type { FlowEvent } from '../../../src/events/index.js';
import { readSandboxEvents } from '../../../src/look/index.js';
import { changeSettings, makePlan } from '../../../src/plan/index.js';
import { createSandbox, PLAN_FILE, type SetValues, setValues } from '../../../src/sandbox/index.js';
import { diffSnapshots, openEvidence, showSnapshot } from '../../../src/snapshot/index.js';
import { parseManifest } from '../../../src/snapshot/manifest.js';
import { catalog } from '../plan/shipped.js';
import { AGENT, contextOf, request } from '../sandbox/fixture.js';
import { newEngine, recordOf, restore, take } from './fixture.js';

const KEY = 'zoo.cfg:ssl.keyStore.password';
const URL_KEY = 'zoo.cfg:metrics.url';
const SECRETS = ['first-s3cret', 'second-s3cret', 'third-s3cret', 'url-s3cret'] as const;
const [FIRST, SECOND, THIRD, IN_URL] = SECRETS;

/** Secrets that are somewhere in it. */
function found(...data: readonly unknown[]): string[] {
  const text = JSON.stringify(data);
  return SECRETS.filter((secret) => text.includes(secret));
}

test('a secret that was set is in the files of the nodes, and nowhere else', async () => {
  const { engine } = newEngine();
  for (const word of ['start', 'stop']) engine.when([AGENT, word], () => 0);
  const told: FlowEvent[] = [];
  const { signal } = new AbortController();
  const context = { ...contextOf(engine, { report: (event) => void told.push(event) }), signal };
  const settings = [`${KEY}=${FIRST}`, `${URL_KEY}=http://ann:${IN_URL}@host/`, 'zoo.cfg:tickTime=2500'];
  const plan = makePlan(catalog, { template: 'zookeeper', nodes: 1, settings });
  await createSandbox(context, request({ plan }));
  const set = async (name: string, value: string): Promise<SetValues> => {
    const change = { set: [`${KEY}=${value}`], unset: [] };
    const resolve = async (text: string) => changeSettings(catalog, text, change);
    return setValues(context, await recordOf(engine, name), {
      ...{ change, resolve, restart: false, wait: false, keep: false },
    });
  };
  const read = async (container: string, path: string): Promise<string> =>
    String(await engine.containers.readFile(container, path));

  const changed = await set('demo', SECOND);
  expect(changed.changes).toMatchObject([{ before: '<redacted>', after: '<redacted>' }]);
  expect(await read('bds.demo', '/etc/zookeeper/zoo.cfg')).toContain(SECOND);
  expect(JSON.parse(await read('bds.demo', PLAN_FILE))).toMatchObject({
    settings: expect.arrayContaining([`${KEY}=${SECOND}`]),
  });

  const snapshot = await take(engine, { redact: true });
  const evidence = await openEvidence(engine, snapshot);
  const shown = await showSnapshot(engine, snapshot);
  expect(shown.plan.settings).toEqual([
    `${URL_KEY}=http://ann:<redacted>@host/`,
    'zoo.cfg:tickTime=2500',
    `${KEY}=<redacted>`,
  ]);

  // A copy has the value, and goes on with it.
  await restore(engine, snapshot, { name: 'copy' });
  expect(await read('bds.copy', '/etc/zookeeper/zoo.cfg')).toContain(SECOND);
  expect((await set('copy', SECOND)).changes).toEqual([]);
  const copied = await set('copy', THIRD);
  expect(await read('bds.copy', '/etc/zookeeper/zoo.cfg')).toContain(THIRD);
  expect((await set('copy', FIRST)).changes).toMatchObject([{ before: '<redacted>', after: '<redacted>' }]);
  await set('copy', THIRD);

  const events = await Promise.all(
    ['demo', 'copy'].map(async (name) => readSandboxEvents(context, await recordOf(engine, name), {})),
  );
  expect(events.flat().map(({ details }) => details)).toContainEqual({ set: [`${KEY}=<redacted>`], unset: [] });
  expect(events.flat()).toContainEqual(
    expect.objectContaining({
      what: 'created',
      details: expect.objectContaining({ settings: expect.arrayContaining(['zoo.cfg:tickTime=2500']) }),
    }),
  );
  const after = await take(engine, { name: 'after', of: 'copy', redact: true });
  const difference = await diffSnapshots({ snapshot, evidence: undefined }, { snapshot: after, evidence: undefined });
  expect(
    found(
      told,
      [changed, copied],
      snapshot,
      shown,
      events,
      difference,
      await engine.images.list({}),
      await engine.containers.list({}),
      await engine.networks.list({}),
      await engine.volumes.list({}),
      await Promise.all(['bug', 'after'].map((name) => engine.images.inspect(`bdsandbox/snapshot:${name}`))),
      evidence?.entries.map(({ path }) => evidence.text(path) ?? ''),
    ),
  ).toEqual([]);
  // What was looked through is not empty.
  expect(evidence?.entries.filter(({ path }) => path.endsWith('zoo.cfg'))).toHaveLength(2);
  expect(difference.manifest).toEqual([]);
});

test('nor in errors that repeat a setting', () => {
  const plan = makePlan(catalog, { template: 'zookeeper', nodes: 1, settings: [`${KEY}=${FIRST}`] });
  const text = String(plan.nodes[0]?.files.find(({ path }) => path === PLAN_FILE)?.content);
  const messages = [
    [`zo.cfg:a.password=${SECOND}`],
    [`zoo.cfg:a.password:${SECOND}`],
    [`a.password=${SECOND}`],
    [`zookeeper-env:a.password=${SECOND}`],
  ].map((set) => {
    try {
      changeSettings(catalog, text, { set, unset: [] });
      return '';
    } catch (error) {
      return String(error);
    }
  });
  expect(messages).not.toContain('');
  expect(found(messages, changeSettings(catalog, text, { set: [`${KEY}=${THIRD}`], unset: [] }).back)).toEqual([]);
});

test('nor of a manifest of others, or of an older version', async () => {
  const { engine } = newEngine();
  await createSandbox(contextOf(engine), request({ plan: makePlan(catalog, { template: 'zookeeper', nodes: 1 }) }));
  const { timings: _, ...snapshot } = await take(engine);
  const [at, what, by, sandbox] = ['2026-01-01T00:00:00Z', 'settings changed', 'ann', 'demo'];
  const forged = {
    ...snapshot,
    plan: { ...snapshot.plan, settings: [`${KEY}=${FIRST}`] },
    changes: [{ at, what, by, sandbox, set: [`${KEY}=${SECOND}`], password: THIRD }],
  };
  const read = parseManifest(JSON.stringify(forged), 'x');
  expect(found(read)).toEqual([]);
  expect(read.changes).toEqual([{ at, what, by, sandbox, set: [`${KEY}=<redacted>`], password: '<redacted>' }]);
});
