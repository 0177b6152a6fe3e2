import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withdraw } from '../../../src/engine/docker/withdraw.js';
import { RegistryError, RegistryUnreachableError } from '../../../src/errors/index.js';
import { webServer } from '../images/web.js';

const TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** As much of a registry as takes part: manifests by tag, and what was asked beside reading. */
function registryWith(
  tags: Map<string, string>,
  {
    user,
    deletes = true,
    listed = tags.size,
  }: { readonly user?: string; readonly deletes?: boolean /** At once. */; readonly listed?: number } = {},
) {
  const told: string[] = [];
  const answer: RequestListener = async (request, response) => {
    const { method = '', url = '', headers } = request;
    const wanted = `Basic ${Buffer.from(user ?? '').toString('base64')}`;
    if (user !== undefined && headers.authorization !== wanted) {
      return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
    }
    if (url.startsWith('/v2/box/snapshot/tags/list')) {
      const from = Number(new URL(url, 'http://registry').searchParams.get('from') ?? 0);
      const next = from + listed;
      if (next < tags.size) response.setHeader('Link', `</v2/box/snapshot/tags/list?from=${next}>; rel="next"`);
      return void response.end(JSON.stringify({ tags: [...tags.keys()].slice(from, next) }));
    }
    const name = decodeURIComponent(url.replace('/v2/box/snapshot/manifests/', ''));
    if (method !== 'GET' && method !== 'HEAD') told.push(`${method} ${name}`);
    if (method === 'DELETE') {
      if (!deletes) return void response.writeHead(405).end();
      for (const [tag, text] of tags) if (digestOf(text) === name) tags.delete(tag);
      return void response.writeHead(202).end();
    }
    if (method === 'PUT') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      tags.set(name, String(Buffer.concat(chunks)));
      return void response.writeHead(headers['content-type'] === TYPE ? 201 : 400).end();
    }
    const text = tags.get(name);
    if (text === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'Docker-Content-Digest': digestOf(text), 'Content-Type': TYPE });
    response.end(method === 'HEAD' ? undefined : text);
  };
  return { answer, told };
}

const take = (address: string, env: Record<string, string> = { DOCKER_CONFIG: '/nowhere' }): Promise<string[]> =>
  withdraw(env, `${address}/box/snapshot:bug`, undefined);

describe('a name is taken out of a registry', () => {
  test('with its manifest', async () => {
    const tags = new Map([
      ['bug', 'one'],
      ['other', 'two'],
    ]);
    const { answer, told } = registryWith(tags);
    await using web = await webServer(answer);
    expect(await take(web.address)).toEqual([]);
    expect([...tags.keys()]).toEqual(['other']);
    expect(told).toEqual([`DELETE ${digestOf('one')}`]);
  });

  test('other names of the same manifest stay', async () => {
    const tags = new Map([
      ['bug', 'one'],
      ['again', 'one'],
    ]);
    await using web = await webServer(registryWith(tags).answer);
    expect(await take(web.address)).toEqual(['again']);
    expect([...tags]).toEqual([['again', 'one']]);
  });

  test('so do those that it lists in a further piece', async () => {
    const tags = new Map([
      ['bug', 'one'],
      ['other', 'two'],
      ['again', 'one'],
    ]);
    await using web = await webServer(registryWith(tags, { listed: 1 }).answer);
    expect(await take(web.address)).toEqual(['again']);
    expect([...tags.keys()].sort()).toEqual(['again', 'other']);
  });

  test('one that is not there is fine', async () => {
    const { answer, told } = registryWith(new Map());
    await using web = await webServer(answer);
    expect(await take(web.address)).toEqual([]);
    expect(told).toEqual([]);
  });

  test('with the login that Docker has, once the registry asks for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bdsandbox-withdraw-'));
    try {
      const tags = new Map([['bug', 'one']]);
      await using web = await webServer(registryWith(tags, { user: 'qa:secret' }).answer);
      await expect(take(web.address)).rejects.toMatchObject({ hint: 'log in: bdsandbox registry login' });
      const auths = { [web.address]: { auth: Buffer.from('qa:secret').toString('base64') } };
      await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
      await take(web.address, { DOCKER_CONFIG: folder });
      expect(tags.size).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('one that lets nobody remove says how it would', async () => {
    const tags = new Map([['bug', 'one']]);
    await using web = await webServer(registryWith(tags, { deletes: false }).answer);
    const refused = take(web.address);
    await expect(refused).rejects.toBeInstanceOf(RegistryError);
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('REGISTRY_STORAGE_DELETE_ENABLED') });
  });

  test('a dead one', async () => {
    const address = await (async () => {
      await using web = await webServer(() => undefined);
      return web.address;
    })();
    await expect(take(address)).rejects.toBeInstanceOf(RegistryUnreachableError);
  });
});
