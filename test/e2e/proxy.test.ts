import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { expectSchema } from '../schemas.ts';
import { bds, OWNER, ok } from './cli.js';

const NAMES = ['e2e-proxy-a', 'e2e-proxy-b'];
const PAGE = 'http://sandbox:7777/';
const proxies: ChildProcess[] = [];

interface Proxied {
  readonly listens: string;
  readonly http: string;
  readonly socks: string;
  readonly way: string;
}

beforeAll(async () => {
  await Promise.all(NAMES.map((name) => ok(['create', 'zookeeper', name, '--nodes', '1', '--no-wait'])));
  for (const name of NAMES) {
    await ok(['wait', name]);
    // A page that tells the two apart: their nodes have the same names and addresses.
    const server = `$s=IO::Socket::INET->new(LocalPort=>7777,Listen=>9);while($c=$s->accept){sysread $c,$x,999;print $c "HTTP/1.0 200 OK\\r\\n\\r\\n${name}";close $c}`;
    await ok([
      'exec',
      name,
      '--',
      'bash',
      '-c',
      `nohup perl -MIO::Socket::INET -e '${server}' >/dev/null 2>&1 </dev/null &`,
    ]);
  }
});

afterEach(() => {
  for (const child of proxies.splice(0)) child.kill('SIGTERM');
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
});

test('two sandboxes at once are reached by two proxies, by name and inner address', async () => {
  const [a, b] = (await Promise.all(NAMES.map((name) => start(name)))).map(({ data }) => data);
  for (const [proxy, name] of [
    [a, NAMES[0]],
    [b, NAMES[1]],
  ] as const) {
    expect(proxy?.way).toBe('direct');
    expect(await curl('--proxy', proxy?.socks ?? '', PAGE)).toBe(name);
    expect(await curl('--proxy', proxy?.http ?? '', PAGE)).toBe(name);
    expect(await curl('--proxytunnel', '--proxy', proxy?.http ?? '', 'http://10.255.0.1:7777/')).toBe(name);
    expect(await curl('--proxy', proxy?.http ?? '', 'http://example.com/')).toMatch(/^example\.com is no node of/);
  }
});

test('a site that leads its name to the proxy learns nothing of it', async () => {
  const { data } = await start(NAMES[0] ?? '');
  expect(await curl(`http://${data.listens}/`)).toContain(`sandbox ${NAMES[0]}`);
  const rebound = await curl('--header', 'Host: evil.example', `http://${data.listens}/`);
  expect(rebound).toBe('this proxy has pages under its address alone');
});

test('a taken port is said to be one; Ctrl-C ends the proxy', async () => {
  const { data, child } = await start(NAMES[0] ?? '');
  const port = data.listens.split(':')[1] ?? '';
  const { exitCode, stderr } = await bds(['proxy', NAMES[1] ?? '', '--port', port]);
  expect(exitCode).toBe(5);
  expect(stderr).toContain('--port 0');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
});

test.each(['direct', 'tunnel'])('a command has it as long as it runs (%s)', async (via) => {
  const script = 'printf srvr | curl -s -m 5 -p -x "$http_proxy" telnet://sandbox:2181; exit 7';
  const { exitCode, stdout } = await bds(['proxy', NAMES[0] ?? '', '--via', via, '--', 'bash', '-c', script]);
  expect(exitCode).toBe(7);
  expect(stdout).toMatch(/^Zookeeper version: [\s\S]*Mode: standalone/);
});

async function start(name: string): Promise<{ readonly data: Proxied; readonly child: ChildProcess }> {
  const child = spawn(inject('program'), ['proxy', name, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BDSANDBOX_OWNER: OWNER },
  });
  proxies.push(child);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const output = JSON.parse(chunk.toString()) as { data: Proxied };
  expectSchema(['proxy'], output);
  return { data: output.data, child };
}

async function curl(...words: readonly string[]): Promise<string> {
  return (await execa('curl', ['--silent', '--max-time', '10', ...words])).stdout;
}
