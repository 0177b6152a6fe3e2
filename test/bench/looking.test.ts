import { afterAll, beforeAll, inject, test } from 'vitest';
import { bds, docker, OWNER, ok } from '../e2e/cli.js';
import { type Figure, medianOf, reportFigures } from './report.js';

const RUNS = 11;
const NAME = 'bench-look';
const AT_MOST_MS = 200;

beforeAll(async () => {
  await ok(['create', 'zookeeper', NAME, '--nodes', '1']);
});

afterAll(async () => {
  await bds(['destroy', NAME, '--force']);
});

/** A list of the engine's, a command in a node, or nothing but this program. */
type Answer = 'containers' | 'images' | 'node' | 'nothing';

const LOOKS: readonly (readonly [answer: Answer, ...words: string[]])[] = [
  ['containers', 'ls', '-a'],
  ['containers', 'ports', NAME],
  ['images', 'images', 'ls'],
  ['images', 'snapshots', 'ls', '-a'],
  ['node', 'status', NAME],
  ['node', 'service', 'ls', NAME],
  ['node', 'logs', NAME],
  ['node', 'events', NAME],
  ['nothing', 'templates', 'ls'],
  ['nothing', 'templates', 'show', 'hadoop-hbase'],
  ['nothing', 'components', 'show', 'hadoop'],
  ['nothing', 'config', 'ls'],
];

test('commands that only look, over what the engine needs for the same answer', async () => {
  const program = inject('program');
  const env = { BDSANDBOX_OWNER: OWNER };
  const time = (command: string, ...args: string[]): Promise<number> => medianOf(RUNS, env, command, args);
  const container = await docker('ps', '--quiet', '--filter', `name=bds.${NAME}`);
  const engine: Record<Answer, number> = {
    containers: await time('curl', ...get('containers/json?all=1')),
    images: await time('curl', ...get('images/json')),
    node: await time('docker', 'exec', container, '/usr/lib/bdsandbox/node', 'services'),
    nothing: 0,
  };
  const figures: Figure[] = [];
  for (const [answer, ...words] of LOOKS) {
    const over = (await time(program, ...words)) - engine[answer];
    figures.push({ what: words.join(' '), value: over, unit: 'ms', atMost: AT_MOST_MS });
  }
  await reportFigures('Commands that only look', `median of ${RUNS}`, [
    { what: "the engine's list of containers (curl)", value: engine.containers, unit: 'ms' },
    { what: "the engine's list of images (curl)", value: engine.images, unit: 'ms' },
    { what: 'docker exec in a node that asks its services', value: engine.node, unit: 'ms' },
    ...figures.map((figure) => ({ ...figure, what: `${figure.what}: over that` })),
  ]);
});

function get(path: string): string[] {
  return ['-sf', '--unix-socket', '/var/run/docker.sock', `http://engine/${path}`];
}
