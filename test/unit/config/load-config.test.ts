import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigSources, loadConfig } from '../../../src/config/index.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bdsandbox-config-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function file(path: string, content: string): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

function sources(more: Partial<ConfigSources> = {}): ConfigSources {
  mkdirSync(join(root, 'project/deep'), { recursive: true });
  return { cwd: join(root, 'project/deep'), env: {}, home: join(root, 'home'), ...more };
}

describe('loadConfig', () => {
  it('has a default for everything', async () => {
    const { values, registry } = await loadConfig(sources());
    expect(values).toMatchObject({
      engine: undefined,
      registry: '127.0.0.1:5000',
      templates: [],
      mavenRepository: undefined,
      networkPool: '10.253.0.0/16',
      publishAddress: '127.0.0.1',
      ttlMs: undefined,
      timeoutMs: 600_000,
    });
    expect(values.owner).not.toBe('');
    expect(registry.origin).toEqual({ kind: 'default', where: '' });
  });

  it('prefers flag, environment, project, user, in that order', async () => {
    const project = file('project/.bdsandboxrc.yaml', 'owner: project\nregistry: project:1\ntimeout: 1m\n');
    const user = file('home/.config/bdsandbox/config.yaml', 'owner: user\nregistry: user:1\nttl: 8h\n');
    const env = { BDSANDBOX_OWNER: 'env', BDSANDBOX_REGISTRY: 'env:1' };
    const config = await loadConfig(sources({ env, flags: { owner: 'flag' } }));
    expect(config.owner).toEqual({ value: 'flag', origin: { kind: 'flag', where: '--owner' } });
    expect(config.registry).toEqual({ value: 'env:1', origin: { kind: 'env', where: 'BDSANDBOX_REGISTRY' } });
    expect(config.timeoutMs).toEqual({ value: 60_000, origin: { kind: 'project', where: `${project}:3` } });
    expect(config.ttlMs).toEqual({ value: 8 * 3_600_000, origin: { kind: 'user', where: `${user}:3` } });
  });

  it.each<[string, { project?: string; user?: string; env?: Record<string, string> }, object]>([
    ['one on this machine', {}, { snapshots: true, goldens: true }],
    ['one that a variable names', { env: { BDSANDBOX_REGISTRY: 'r:1' } }, { snapshots: true, goldens: false }],
    ['one that the user’s file names', { user: 'registry: r:1\n' }, { snapshots: true, goldens: false }],
    ['one that a project names', { project: 'registry: r:1\n' }, { snapshots: false, goldens: false }],
    [
      'one that a project names and the user trusts',
      { project: 'registry: r:1\n', user: 'trusted:\n  registries: [other, "r:1"]\n' },
      { snapshots: true, goldens: true },
    ],
    [
      'one that a variable trusts',
      { env: { BDSANDBOX_REGISTRY: 'r:1', BDSANDBOX_TRUSTED_REGISTRIES: 'x, r:1' } },
      { snapshots: true, goldens: true },
    ],
  ])('trusts a registry by who says so: %s', async (_, { project, user, env = {} }, trust) => {
    if (project !== undefined) file('project/.bdsandboxrc.yaml', project);
    if (user !== undefined) file('home/.config/bdsandbox/config.yaml', user);
    expect((await loadConfig(sources({ env }))).values.trust).toEqual(trust);
  });

  it.each([
    [
      'aliases of aliases',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`).join('\n')}`,
    ],
    ['ten thousand levels', '['.repeat(10_000)],
    ['a very long text', `owner: ${'x'.repeat(2 << 20)}`],
  ])('refuses a file with %s, at once', async (_, content) => {
    const path = file('project/.bdsandboxrc.yaml', content);
    await expect(loadConfig(sources())).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(`^${path}: no config file: `),
    });
  });

  it('lets no project say whom to trust', async () => {
    const project = file('project/.bdsandboxrc.yaml', 'owner: qa\ntrusted:\n  registries: ["evil:1"]\n');
    await expect(loadConfig(sources())).rejects.toMatchObject({
      code: 'USAGE',
      message: `${project}:2: trusted.registries counts in your own settings alone`,
    });
  });

  it.each([
    ['.bdsandboxrc', 'network:\n  pool: 10.77.0.0/20\n'],
    ['.bdsandboxrc.json', '{ "network": { "pool": "10.77.0.0/20" } }'],
    ['bdsandbox.config.yaml', 'network: { pool: 10.77.0.0/20 }'],
    ['package.json', '{ "name": "x", "bdsandbox": { "network": { "pool": "10.77.0.0/20" } } }'],
  ])('reads %s of a folder above', async (name, content) => {
    file(`project/${name}`, content);
    expect((await loadConfig(sources())).values.networkPool).toBe('10.77.0.0/20');
  });

  it('passes by a package.json without our key', async () => {
    file('.bdsandboxrc', 'owner: above');
    file('project/package.json', '{ "name": "x" }');
    expect((await loadConfig(sources())).values.owner).toBe('above');
  });

  it('takes the user file from XDG_CONFIG_HOME', async () => {
    file('xdg/bdsandbox/config.yaml', 'owner: xdg');
    expect((await loadConfig(sources({ env: { XDG_CONFIG_HOME: join(root, 'xdg') } }))).values.owner).toBe('xdg');
  });

  it('reads template folders relative to their file', async () => {
    file('project/.bdsandboxrc', 'templates: [kinds, ~/mine, /abs]');
    const { templates } = (await loadConfig(sources())).values;
    expect(templates).toEqual([join(root, 'project/kinds'), join(root, 'home/mine'), '/abs']);
  });

  it("offers the user's own template folder when it exists", async () => {
    mkdirSync(join(root, 'home/.config/bdsandbox/templates'), { recursive: true });
    const { templates } = (await loadConfig(sources())).values;
    expect(templates).toEqual([join(root, 'home/.config/bdsandbox/templates')]);
  });

  it.each([
    ['unknown key', 'owner: me\nownr: you\n', /\.bdsandboxrc:2: unknown key "ownr"$/],
    ['unknown nested key', 'network:\n  pol: 10.1.0.0/16\n', /\.bdsandboxrc:2: unknown key "network.pol"$/],
    ['wrong type', 'owner: me\ntimeout: 10\n', /\.bdsandboxrc:2: timeout has to be text$/],
    ['wrong value', '\nttl: soon\n', /\.bdsandboxrc:2: ttl: "soon" is no duration/],
    ['broken YAML', 'owner: "me\n', /\.bdsandboxrc:\d+: Missing closing/],
    ['a list', '- owner\n', /\.bdsandboxrc:1: the file has to be a map/],
    ['an import', '$import: other.yaml\n', /\$import isn't supported/],
    ['a pool with our constant addresses', 'network: { pool: 10.252.0.0/14 }', /contains 10\.255\.0\.0\/24/],
    ['a public pool', 'network: { pool: 8.8.0.0/16 }', /no private range/],
    ['a password', 'maven: { repository: "https://me:secret@repo.example/x" }', /contains a password$/],
  ])('names file, line and key: %s', async (_, content, message) => {
    file('project/.bdsandboxrc', content);
    await expect(loadConfig(sources())).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });

  it('names the variable and the flag', async () => {
    await expect(loadConfig(sources({ env: { BDSANDBOX_TTL: 'x' } }))).rejects.toThrow(/^BDSANDBOX_TTL: "x" is no/);
    await expect(loadConfig(sources({ flags: { timeout: 'x' } }))).rejects.toThrow(/^--timeout: "x" is no/);
  });

  it("doesn't care about a mistake that is overridden", async () => {
    file('project/.bdsandboxrc', 'ttl: soon');
    expect((await loadConfig(sources({ flags: { ttl: '1h' } }))).values.ttlMs).toBe(3_600_000);
  });

  it('runs no code that lies in the folder', async () => {
    const proof = join(root, 'executed');
    const code = `require('node:fs').writeFileSync(${JSON.stringify(proof)}, ''); module.exports = {};`;
    for (const name of ['.config/config.js', '.config/config.cjs', '.bdsandboxrc.js', 'bdsandbox.config.js']) {
      file(`project/deep/${name}`, code);
    }
    file('project/deep/.bdsandboxrc', 'owner: me');
    const cwd = process.cwd();
    const from = sources();
    process.chdir(from.cwd);
    try {
      expect((await loadConfig(from)).values.owner).toBe('me');
      expect(process.cwd()).toBe(from.cwd);
    } finally {
      process.chdir(cwd);
    }
    expect(existsSync(proof)).toBe(false);
  });

  it('costs next to nothing without a file', async () => {
    const from = sources();
    const times: number[] = [];
    for (let run = 0; run < 20; run += 1) {
      const started = performance.now();
      await loadConfig(from);
      times.push(performance.now() - started);
    }
    // The best of several, since other tests take their share of the machine.
    expect(Math.min(...times)).toBeLessThan(5);
  });
});
