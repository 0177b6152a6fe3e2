import { execa } from 'execa';
import { inject, test } from 'vitest';
import { type Figure, median, printFigures } from './report.js';

const RUNS = 21;

test('start-up of commands that only look', async () => {
  const program = inject('program');
  const env = { BDSANDBOX_OWNER: 'nobody' };
  const time = async (command: string, ...args: string[]): Promise<number> => {
    const runs: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const started = performance.now();
      await execa(command, args, { env });
      runs.push(performance.now() - started);
    }
    return median(runs);
  };
  const engine = await time(
    'curl',
    '-sf',
    '--unix-socket',
    '/var/run/docker.sock',
    'http://engine/containers/json?all=1',
  );
  const ls = await time(program, 'ls', '-a');
  const figures: Figure[] = [
    { what: 'node, empty program', value: ms(await time('node', '-e', '0')), target: '' },
    { what: 'bdsandbox --version', value: ms(await time(program, '--version')), target: 'at most 150 ms' },
    { what: 'bdsandbox --help', value: ms(await time(program, '--help')), target: 'at most 150 ms' },
    { what: 'bdsandbox create --help', value: ms(await time(program, 'create', '--help')), target: 'at most 150 ms' },
    { what: "engine's own list (curl)", value: ms(engine), target: '' },
    { what: 'bdsandbox ls -a', value: ms(ls), target: '' },
    { what: "ls over the engine's list", value: ms(ls - engine), target: 'at most 200 ms' },
  ];
  printFigures(`Start-up, median of ${RUNS}`, figures);
});

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
