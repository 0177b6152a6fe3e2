import { inject, test } from 'vitest';
import { type Figure, medianOf, reportFigures } from './report.js';

const RUNS = 21;

test('start-up of commands that only look', async () => {
  const program = inject('program');
  const env = { BDSANDBOX_OWNER: 'nobody' };
  const time = (command: string, ...args: string[]): Promise<number> => medianOf(RUNS, env, command, args);
  const engine = await time(
    'curl',
    '-sf',
    '--unix-socket',
    '/var/run/docker.sock',
    'http://engine/containers/json?all=1',
  );
  const ls = await time(program, 'ls', '-a');
  await reportFigures('Start-up of commands', `median of ${RUNS}`, [
    ms('node, empty program', await time('node', '-e', '0')),
    ms('bdsandbox --version', await time(program, '--version'), 150),
    ms('bdsandbox --help', await time(program, '--help'), 150),
    ms('bdsandbox create --help', await time(program, 'create', '--help'), 150),
    ms('Tab after bdsandbox status', await time(program, '__complete', 'status', ''), 250),
    ms("engine's own list (curl)", engine),
    ms('bdsandbox ls -a', ls),
    ms("ls over the engine's list", ls - engine, 200),
  ]);
});

function ms(what: string, value: number, atMost?: number): Figure {
  return { what, value, unit: 'ms', ...(atMost !== undefined && { atMost }) };
}
