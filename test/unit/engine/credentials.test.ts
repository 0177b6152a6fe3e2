import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { credentialsFor, registryOf } from '../../../src/engine/docker/credentials.js';

/** A folder with Docker's config.json and a helper `docker-credential-fake` that knows two registries. */
async function withConfig(config: unknown) {
  const folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  await writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  const helper = join(folder, 'docker-credential-fake');
  await writeFile(helper, HELPER);
  await chmod(helper, 0o755);
  const environment = { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` };
  return {
    ask: async (registry: string) => {
      const { header, problem, isKnown } = await credentialsFor(registry, environment);
      const decoded: unknown = JSON.parse(Buffer.from(header, 'base64url').toString());
      expect(isKnown).toBe(JSON.stringify(decoded) !== '{}');
      return { header, problem, decoded };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

const HELPER = `#!/bin/sh
[ "$1" = get ] || exit 2
read -r server
case $server in
  helped:5000) echo '{"ServerURL":"helped:5000","Username":"hanna","Secret":"s\\"cret"}' ;;
  token:5000) echo '{"ServerURL":"token:5000","Username":"<token>","Secret":"t0ken"}' ;;
  broken:5000) echo 'keychain is locked' >&2; exit 1 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`;

const auth = Buffer.from('anna:pa:ss').toString('base64');

describe('credentials', () => {
  test('nothing known is an empty object, which a push needs', async () => {
    await using config = await withConfig({});
    expect((await config.ask('reg:5000')).header).toBe('e30=');
  });

  test('no config file at all', async () => {
    expect(await credentialsFor('reg:5000', { DOCKER_CONFIG: '/nonexistent' })).toEqual({
      header: 'e30=',
      isKnown: false,
    });
  });

  test('auths of the config file; the password may hold colons', async () => {
    await using config = await withConfig({ auths: { 'reg:5000': { auth } } });
    expect((await config.ask('reg:5000')).decoded).toEqual({
      username: 'anna',
      password: 'pa:ss',
      serveraddress: 'reg:5000',
    });
    expect((await config.ask('other:5000')).header).toBe('e30=');
  });

  test('a key written as a URL, an identity token, and the Hub', async () => {
    await using config = await withConfig({
      auths: {
        'https://old.example/v1/': { auth },
        'token.example': { identitytoken: 'abc' },
        'https://index.docker.io/v1/': { auth },
      },
    });
    expect((await config.ask('old.example')).decoded).toMatchObject({ username: 'anna' });
    expect((await config.ask('token.example')).decoded).toMatchObject({ identitytoken: 'abc' });
    expect((await config.ask('docker.io')).decoded).toMatchObject({
      username: 'anna',
      serveraddress: 'https://index.docker.io/v1/',
    });
  });

  test('a helper for one registry wins over the store', async () => {
    await using config = await withConfig({ credsStore: 'absent', credHelpers: { 'helped:5000': 'fake' } });
    expect((await config.ask('helped:5000')).decoded).toEqual({
      username: 'hanna',
      password: 's"cret',
      serveraddress: 'helped:5000',
    });
  });

  test('the store, and a token out of it', async () => {
    await using config = await withConfig({ credsStore: 'fake' });
    expect((await config.ask('token:5000')).decoded).toEqual({ identitytoken: 't0ken', serveraddress: 'token:5000' });
  });

  test('a registry the helper does not know is no problem', async () => {
    await using config = await withConfig({ credsStore: 'fake' });
    expect(await config.ask('unknown:5000')).toMatchObject({ header: 'e30=', problem: undefined });
  });

  test.each([
    ['that fails', 'fake', 'broken:5000', /keychain is locked/],
    ['that is not installed', 'absent', 'x:5000', /docker-credential-absent/],
  ])('a helper %s is remembered, not thrown', async (_name, helper, registry, words) => {
    await using config = await withConfig({ credsStore: helper });
    const found = await config.ask(registry);
    expect(found.header).toBe('e30=');
    expect(found.problem).toMatch(words);
  });

  test('a config file that is not JSON is the user to tell', async () => {
    await using config = await withConfig('{ nope');
    await expect(config.ask('x:5000')).rejects.toMatchObject({ code: 'USAGE' });
  });

  test.each([
    ['debian:13', 'docker.io'],
    ['someone/image', 'docker.io'],
    ['localhost/image', 'localhost'],
    ['localhost:5000/a/b:c', 'localhost:5000'],
    ['127.0.0.1:5000/x', '127.0.0.1:5000'],
    ['ghcr.io/a/b@sha256:00', 'ghcr.io'],
  ])('%s is at %s', (reference, registry) => {
    expect(registryOf(reference)).toBe(registry);
  });
});
