import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, OWNER, ok } from './cli.js';
import { TINY } from './tiny.js';

const NAME = 'e2e-rights';
const COPY = 'e2e-rights-copy';
const SNAPSHOT = `e2e-rights-${OWNER}`;
const environment = TINY;
const fixtures = path.join(import.meta.dirname, 'fixtures/rights');

/** With the rights of the engine's exec, which are the container's: what a user of the engine sees, whatever a node's own says. */
function asEngine(sandbox: string, script: string): Promise<string> {
  return docker('exec', `bds.${sandbox}`, '/usr/bin/env', 'PATH=/usr/sbin:/usr/bin', '/usr/bin/bash', '-c', script);
}

/** Whoever ran the witness, with its capabilities; sorted, each once. */
async function witnessed(sandbox: string): Promise<string[]> {
  return (await asEngine(sandbox, 'sort -u /tmp/witnessed')).split('\n');
}

const NONE = '0000000000000000';
const withCapabilities = (lines: readonly string[]): string[] => lines.filter((line) => !line.endsWith(` ${NONE}`));

describe('rights in a node', () => {
  beforeAll(async () => {
    await ok(['images', 'build', 'tiny'], { environment });
    await ok(['create', 'tiny', NAME, '--nodes', '1'], { environment });
  });

  afterAll(async () => {
    await bds(['destroy', '--all', '--force']);
    await ok(['snapshots', 'rm', SNAPSHOT, '--force']);
  });

  describe('that are asked for', () => {
    test('a user’s own', async () => {
      const said = await ok(['exec', NAME, '--user', 'nobody', '--', 'bash', '-c', 'id -un; id -Gn; echo $HOME $USER']);
      expect(said).toBe('nobody\nnogroup\n/nonexistent nobody');
      expect(await ok(['exec', NAME, '--user', '4711', '--', 'id', '-u'])).toBe('4711');
      const unknown = await bds(['exec', NAME, '--user', 'nobdy', '--', 'id']);
      expect(unknown).toMatchObject({ exitCode: 3, stdout: '' });
      expect(unknown.stderr).toContain('did you mean "nobody"?');
    });

    test('a shell’s', async () => {
      const input = 'grep CapEff /proc/self/status; touch /usr/of-the-shell && rm /usr/of-the-shell && echo written\n';
      expect(await ok(['shell', NAME, '--privileged'], { input })).toMatch(/^CapEff:\s+0+[1-9a-f]\w+\nwritten$/);
      const without = await bds(['shell', NAME], { input });
      expect(without.stdout).toBe(`CapEff:\t${NONE}`);
    });

    test('those of a container’s root install a package, which everybody has and nobody can change', async () => {
      const build = `mkdir -p /tmp/it/DEBIAN /tmp/it/usr/bin; echo 'echo it runs' >/tmp/it/usr/bin/it-runs; chmod 755 /tmp/it/usr/bin/it-runs
        printf 'Package: it\\nVersion: 1\\nArchitecture: all\\nMaintainer: t\\nDescription: t\\n' >/tmp/it/DEBIAN/control
        dpkg-deb -b /tmp/it /tmp/it.deb`;
      await inNode(NAME, build);
      const refused = await bds(['exec', NAME, '--', 'dpkg', '-i', '/tmp/it.deb']);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stderr).toContain(`bdsandbox exec ${NAME} --privileged -- dpkg -i /tmp/it.deb`);
      await ok(['exec', NAME, '--privileged', '--', 'dpkg', '-i', '/tmp/it.deb']);
      expect(await inNode(NAME, 'it-runs')).toBe('it runs');
      // A library of everything that has capabilities, where services write.
      await inNode(NAME, 'cp /lib/*-linux-gnu/libtinfo.so.6 /usr/local/lib');
      await ok(['exec', NAME, '--privileged', '--', 'ldconfig']);
      expect(await inNode(NAME, 'ldd /usr/bin/bash; ldconfig -p')).not.toContain('/usr/local');
      const change = await bds(['exec', NAME, '--', 'bash', '-c', 'echo >/usr/bin/it-runs; echo >/etc/ld.so.cache']);
      expect(change.stderr.match(/Read-only file system/g)).toHaveLength(2);
      expect(await ok(['exec', NAME, '--privileged', '--', 'su', 'nobody', '-s', '/bin/sh', '-c', 'id -un'])).toBe(
        'nobody',
      );
    });
  });

  describe('cannot be had by what a service may write', () => {
    test('nothing that runs with capabilities can be written, moved, or looked into', async () => {
      for (const file of ['witness', 'attack']) await ok(['cp', path.join(fixtures, file), `${NAME}:/tmp/${file}`]);
      expect(await inNode(NAME, 'chmod +x /tmp/witness; bash /tmp/attack')).toBe('');
    });

    test('the engine’s health check has no capabilities', async () => {
      const look = `cd /run/bdsandbox/state; mv clock aside; mkfifo clock
        /usr/lib/bdsandbox/node health & for ((i = 0; i < 100; i++)); do
          read -r found <<<"$(tr '\\0' ' ' <"/proc/$!/cmdline")"; [[ $found == '/bin/bash /usr/lib/bdsandbox/node health' ]] && grep -q 'CapPrm:.*0000$' /proc/$!/status && break; sleep 0.1; done
        grep Cap /proc/$!/status; mv -f aside clock; kill $!`;
      const caps = (await asEngine(NAME, look)).split('\n').map((line) => line.split('\t')[1]);
      expect(caps).toEqual([NONE, NONE, NONE, NONE, NONE]);
    });

    test('whatever looks at the node, freezes, restores, stops and starts it: a witness never had capabilities', async () => {
      await asEngine(NAME, ': >/tmp/witnessed');
      const health = await docker('exec', `bds.${NAME}`, '/usr/lib/bdsandbox/node', 'health');
      expect(health).toBe('');
      await json<Sandbox>(['status', NAME]);
      await ok(['wait', NAME, '--timeout', '1m']);
      await ok(['logs', NAME]);
      await ok(['exec', NAME, '--privileged', '--', 'true']);
      await ok(['snapshot', SNAPSHOT, '--sandbox', NAME, '--mode', 'live']);
      await ok(['restore', SNAPSHOT, COPY]);
      for (const sandbox of [NAME, COPY]) {
        await ok(['stop', sandbox]);
        await ok(['start', sandbox, '--no-wait']);
        await ok(['wait', sandbox, '--timeout', '1m']);
        const ran = await witnessed(sandbox);
        // It has been run, by readiness scripts at least: else this would say nothing.
        expect(ran).toContain(`/usr/lib/bdsandbox/node ${NONE}`);
        expect(withCapabilities(ran)).toEqual([]);
        expect(await asEngine(sandbox, 'cat /etc/ld.so.preload; ls /etc/ld.so.conf.d; stat -c %s /run/criu.kdat')).toBe(
          'libc.conf\nx86_64-linux-gnu.conf\n0',
        );
      }
    });

    test('what a user copies goes through no link to it', async () => {
      for (const place of ['file', 'folder/', 'folder/logs']) {
        const copied = await bds(['cp', `${NAME}:/tmp/witness`, `${NAME}:/data/copied/${place}`]);
        expect(copied).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a link leads there') });
      }
      await ok(['stop', NAME]);
      for (const place of ['file', 'folder/', 'folder/logs']) {
        const copied = await bds(['cp', `${NAME}:/tmp/witness`, `${NAME}:/data/copied/${place}`]);
        expect(copied).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('by a link in the node') });
      }
      await ok(['start', NAME]);
      expect(
        await asEngine(NAME, 'ls /usr/lib/bdsandbox/witness; grep -c "^#!/usr/bin/perl" /usr/lib/bdsandbox/logs'),
      ).toBe('1');
    });
  });
});
