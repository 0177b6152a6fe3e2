import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ConfigSources,
  listSettings,
  loadConfig,
  settingNow,
  settingOf,
  setValue,
  unsetValue,
} from '../../../src/config/index.js';
import { FailedError, UsageError } from '../../../src/errors/index.js';

let root: string;
let sources: ConfigSources;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bdsandbox-edit-'));
  mkdirSync(join(root, 'project/deep'), { recursive: true });
  sources = { cwd: join(root, 'project/deep'), env: {}, home: join(root, 'home') };
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const USER = 'home/.config/bdsandbox/config.yaml';

function put(path: string, content: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

describe('listSettings', () => {
  it('tells value and origin of every key', async () => {
    const user = put(USER, '# mine\nttl: 90m\n');
    const project = put('project/.bdsandboxrc', 'templates: [kinds, /abs]\nnetwork:\n  pool: 10.77.0.0/20\n');
    const settings = await listSettings({ ...sources, env: { BDSANDBOX_OWNER: 'qa' } });
    expect(settings).toEqual([
      { key: 'owner', value: 'qa', origin: 'env', where: 'BDSANDBOX_OWNER' },
      { key: 'engine', value: null, origin: 'default', where: '' },
      { key: 'registry', value: '127.0.0.1:5000', origin: 'default', where: '' },
      { key: 'trusted.registries', value: null, origin: 'default', where: '' },
      { key: 'templates', value: `${join(root, 'project/kinds')}:/abs`, origin: 'project', where: `${project}:1` },
      { key: 'maven.repository', value: null, origin: 'default', where: '' },
      { key: 'network.pool', value: '10.77.0.0/20', origin: 'project', where: `${project}:3` },
      { key: 'publish.address', value: '127.0.0.1', origin: 'default', where: '' },
      { key: 'golden', value: 'auto', origin: 'default', where: '' },
      { key: 'ttl', value: '1h30m', origin: 'user', where: `${user}:2` },
      { key: 'timeout', value: '10m', origin: 'default', where: '' },
    ]);
  });

  it('get tells one, also while another is wrong', async () => {
    put(USER, 'ttl: soon\nowner: qa\n');
    expect(await settingOf('owner', sources)).toMatchObject({ value: 'qa', origin: 'user' });
    await expect(settingOf('ttl', sources)).rejects.toThrow(/config\.yaml:1: ttl: "soon" is no duration/);
    expect(await settingNow('ttl', sources)).toEqual({ now: null, problem: expect.stringMatching(/config\.yaml:1/) });
  });
});

describe('setValue', () => {
  it('makes folder and file', async () => {
    const edited = await setValue('ttl', '8h', 'user', sources);
    expect(edited).toEqual({ key: 'ttl', file: join(root, USER), changed: true });
    expect(text(USER)).toBe('ttl: 8h\n');
    expect((await loadConfig(sources)).values.ttlMs).toBe(8 * 3_600_000);
  });

  it('keeps comments, order, quotes and mode, and leaves nothing beside', async () => {
    const file = put(
      USER,
      '# all of us\nowner: "qa" # the team\n\nnetwork:\n  pool: 10.77.0.0/20 # ours\n# how long\nttl: 1h\n',
    );
    chmodSync(file, 0o600);
    await setValue('owner', 'dev', 'user', sources);
    await setValue('ttl', '2d', 'user', sources);
    await setValue('maven.repository', 'https://maven.example.com/releases', 'user', sources);
    expect(text(USER)).toBe(
      '# all of us\nowner: "dev" # the team\n\nnetwork:\n  pool: 10.77.0.0/20 # ours\n# how long\nttl: 2d\n' +
        'maven:\n  repository: https://maven.example.com/releases\n',
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(['config.yaml']);
  });

  it('writes nothing where the file says so already', async () => {
    const file = put(USER, 'owner:   qa\n');
    const before = statSync(file).ino;
    expect((await setValue('owner', 'qa', 'user', sources)).changed).toBe(false);
    expect(statSync(file).ino).toBe(before);
  });

  it('writes through a link', async () => {
    const real = put('dotfiles/bds.yaml', 'owner: qa\n');
    mkdirSync(dirname(join(root, USER)), { recursive: true });
    symlinkSync(real, join(root, USER));
    await setValue('owner', 'dev', 'user', sources);
    expect(readFileSync(real, 'utf8')).toBe('owner: dev\n');
  });

  it('finds the project’s file above, else makes one here', async () => {
    expect((await setValue('golden', 'never', 'project', sources)).file).toBe(
      join(root, 'project/deep/.bdsandboxrc.yaml'),
    );
    rmSync(join(root, 'project/deep/.bdsandboxrc.yaml'));
    put('project/bdsandbox.config.yml', '# nothing yet\n');
    expect((await setValue('golden', 'never', 'project', sources)).file).toBe(
      join(root, 'project/bdsandbox.config.yml'),
    );
    expect(text('project/bdsandbox.config.yml')).toBe('# nothing yet\n\ngolden: never\n');
  });

  it.each([
    ['user', [join('ROOT', 'project/deep/kinds'), '/abs', '~/mine']],
    ['project', ['./deep/kinds', '/abs', '~/mine']],
  ] as const)('relative folders mean this folder, in the %s file too', async (which, expected) => {
    put('project/.bdsandboxrc', 'owner: qa\n');
    await setValue('templates', './kinds:/abs:~/mine', which, sources);
    const lines = text(which === 'user' ? USER : 'project/.bdsandboxrc').split('\n');
    expect(lines.filter((line) => line.startsWith('  - '))).toEqual(
      expected.map((each) => `  - ${each.replace('ROOT', root)}`),
    );
    expect((await loadConfig(sources)).values.templates[0]).toBe(join(root, 'project/deep/kinds'));
  });

  it('edits JSON as JSON, with its indent', async () => {
    put(
      'project/package.json',
      '{\n    "name": "x",\n    "bdsandbox": { "owner": "qa" },\n    "version": "1.0.0"\n}\n',
    );
    await setValue('network.pool', '10.77.0.0/20', 'project', sources);
    expect(JSON.parse(text('project/package.json'))).toEqual({
      name: 'x',
      bdsandbox: { owner: 'qa', network: { pool: '10.77.0.0/20' } },
      version: '1.0.0',
    });
    expect(text('project/package.json')).toMatch(/^\{\n {4}"name": "x",\n/);
    await unsetValue('network.pool', 'project', sources);
    expect(JSON.parse(text('project/package.json')).bdsandbox).toEqual({ owner: 'qa' });
  });

  it.each([
    ['unknown key', 'ownr', 'me', /unknown key "ownr"/, /did you mean owner\?/],
    ['unknown key far off', 'zzzzzz', 'me', /unknown key/, /^the keys are owner, engine/],
    ['a map', 'network', 'me', /unknown key "network"/, /./],
    ['wrong value', 'ttl', 'soon', /"soon" is no duration/, /8h/],
    ['empty value', 'templates', '', /empty/, /config unset templates/],
    ['a password', 'maven.repository', 'https://me:secret@x.example/r', /contains a password$/, /./],
  ])('refuses %s and writes nothing', async (_, key, value, message, hint) => {
    await expect(setValue(key, value, 'user', sources)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(readdirSync(root)).toEqual(['project']);
  });

  it.each([
    ['broken YAML', USER, 'owner: "me\nttl: 1h\n', /config\.yaml:\d: Missing closing/],
    ['another unknown key', USER, 'owner: me\nownr: you\n', /config\.yaml:2: unknown key "ownr"/],
    ['another wrong type', USER, 'timeout: 10\nttl: 1h\n', /config\.yaml:1: timeout has to be text/],
    ['a text where a map has to be', USER, 'ttl: 1h\nnetwork: wide\n', /config\.yaml:2: network has to be a map/],
    ['JSON with comments', 'home/.config/bdsandbox/config.json', '{ # no\n"owner": "me" }', /not plain JSON/],
  ])('tells the line of %s and leaves the file as it is', async (_, path, content, message) => {
    put(path, content);
    await expect(setValue('ttl', '8h', 'user', sources)).rejects.toThrow(message);
    await expect(setValue('ttl', '8h', 'user', sources)).rejects.toBeInstanceOf(UsageError);
    expect(text(path)).toBe(content);
  });

  it('mends a wrong value, also of a wrong type', async () => {
    put(USER, 'ttl: 10\n');
    await setValue('ttl', '10m', 'user', sources);
    expect(text(USER)).toBe('ttl: 10m\n');
  });

  it('says that it could not write, and leaves nothing', async () => {
    put('home/.config/bdsandbox', 'a file where the folder has to be');
    await expect(setValue('owner', 'qa', 'user', sources)).rejects.toBeInstanceOf(FailedError);
    expect(readdirSync(join(root, 'home/.config'))).toEqual(['bdsandbox']);
  });
});

describe('unsetValue', () => {
  it('takes the setting out, with the map that has nothing else', async () => {
    put(USER, '# mine\nowner: qa\nnetwork:\n  pool: 10.77.0.0/20\n');
    expect((await unsetValue('network.pool', 'user', sources)).changed).toBe(true);
    expect(text(USER)).toBe('# mine\nowner: qa\n');
    await unsetValue('owner', 'user', sources);
    expect((await loadConfig(sources)).owner.origin.kind).toBe('default');
    expect(text(USER)).not.toContain('{}');
  });

  it('makes no file, and minds no setting that is not there', async () => {
    expect((await unsetValue('ttl', 'user', sources)).changed).toBe(false);
    expect(readdirSync(root)).toEqual(['project']);
    await expect(unsetValue('tttl', 'user', sources)).rejects.toMatchObject({
      hint: expect.stringMatching(/did you mean ttl/),
    });
  });
});
