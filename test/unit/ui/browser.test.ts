import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openersFor, openInBrowser } from '../../../src/ui/browser.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bdsandbox-open-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it.each<[string, NodeJS.Platform, NodeJS.ProcessEnv, string[]]>([
  ['a Mac', 'darwin', {}, ['open']],
  ['Windows', 'win32', {}, ['explorer.exe']],
  ['X', 'linux', { DISPLAY: ':0' }, ['xdg-open']],
  ['Wayland', 'linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open']],
  ['WSL', 'linux', { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' }, ['wslview', 'explorer.exe', 'xdg-open']],
  ['a server', 'linux', { DISPLAY: '', PATH: '/usr/bin' }, []],
])('on %s', (_, platform, environment, commands) => {
  expect(openersFor(platform, environment).map(({ command }) => command)).toEqual(commands);
});

function opener(name: string, exitCode: number): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\nprintf '%s' "$1" > "${folder}/${name}.url"\nexit ${exitCode}\n`);
  chmodSync(file, 0o755);
}

const URL = 'http://127.0.0.1:1/a?b=$(touch x);c&d';

it('hands the page over as one word', async () => {
  opener('xdg-open', 0);
  expect(await openInBrowser(URL, { platform: 'linux', env: { DISPLAY: ':0', PATH: folder } })).toBe(true);
  expect(readFileSync(join(folder, 'xdg-open.url'), 'utf8')).toBe(URL);
});

it.each<[string, NodeJS.ProcessEnv, boolean]>([
  ['no opener is installed', { DISPLAY: ':0' }, false],
  ['there is no desktop', {}, false],
])('tells when %s', async (_, env, opened) => {
  expect(await openInBrowser(URL, { platform: 'linux', env: { ...env, PATH: folder } })).toBe(opened);
});

it('tells when the opener has no browser', async () => {
  opener('xdg-open', 3);
  expect(await openInBrowser(URL, { platform: 'linux', env: { DISPLAY: ':0', PATH: folder } })).toBe(false);
});

it('tries the next one, and does not believe the exit code of explorer.exe', async () => {
  opener('explorer.exe', 1);
  opener('xdg-open', 0);
  const env = { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0', PATH: folder };
  expect(await openInBrowser(URL, { platform: 'linux', env })).toBe(true);
  expect(existsSync(join(folder, 'explorer.exe.url'))).toBe(true);
  expect(existsSync(join(folder, 'xdg-open.url'))).toBe(false);
});
