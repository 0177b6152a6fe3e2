// npm run picture: records docs/session.svg, a session with the built program on the engine of this machine. It needs
// tmux and, so that it shows what users see from their second create on, makes the golden snapshot first.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { toSvg } from './picture/svg.ts';
import { Terminal } from './picture/terminal.ts';

const SIZE = { columns: 92, rows: 30 };
const OWNER = 'picture';
const LIMIT_MS = 180_000;
/** What is typed, and how long a reader gets for what it prints. */
const SESSION: readonly (readonly [line: string, restMs: number])[] = [
  ['bdsandbox create hadoop-hbase demo --nodes 1', 3000],
  ['echo hello | bdsandbox exec demo -- hdfs dfs -put - /greeting', 500],
  ['bdsandbox exec demo -- jps', 2000],
  ['bdsandbox snapshot bug-123', 3000],
  ['bdsandbox destroy demo --force', 1500],
  ['bdsandbox restore bug-123 demo', 3000],
  ['bdsandbox exec demo -- jps', 2000],
  ['bdsandbox exec demo -- hdfs dfs -cat /greeting', 0],
];

const root = dirname(import.meta.dirname);
const folder = await mkdtemp(join(tmpdir(), 'bdsandbox-picture-'));
const program = join(folder, 'bdsandbox');
await symlink(join(root, 'bin', 'run.js'), program);
// Nothing of who records: neither settings nor name.
const env = {
  PATH: [folder, join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
  HOME: folder,
  LANG: 'C.UTF-8',
  BDSANDBOX_OWNER: OWNER,
};
const bdsandbox = (...args: readonly string[]): string =>
  execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  bdsandbox('images', 'warm', 'hadoop-hbase', '--nodes', '1', '--quiet');
  using terminal = new Terminal({ ...SIZE, cwd: folder, env });
  for (const [line, restMs] of SESSION) await terminal.run(line, { limitMs: LIMIT_MS, restMs });
  const title =
    'A session: create a cluster, snapshot it, destroy it, restore it; its processes go on with the PIDs they had';
  const svg = toSvg(terminal.frames, { ...SIZE, title, lastMs: 6000 });
  await writeFile(join(root, 'docs', 'session.svg'), svg);
  console.error(`docs/session.svg: ${terminal.frames.length} frames, ${Math.round(svg.length / 1000)} kB`);
} finally {
  bdsandbox('destroy', '--all', '--force', '--quiet');
  for (const name of bdsandbox('snapshots', 'ls', '--quiet')
    .split('\n')
    .filter((line) => line !== '')) {
    bdsandbox('snapshots', 'rm', name, '--force', '--quiet');
  }
  await rm(folder, { recursive: true });
}
