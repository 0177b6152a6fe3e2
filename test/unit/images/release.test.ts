import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FailedError, NotFoundError, UsageError } from '../../../src/errors/index.js';
import { parseReleaseRequest, type Release, resolveRelease } from '../../../src/images/index.js';
import { parseDigestFile } from '../../../src/images/release.js';
import { folderWith } from '../catalog/folders.js';
import { files, webServer } from './web.js';

const CONTENT = 'a release';
const SHA512 = sha512(CONTENT);
const OTHER = sha512('something else');
/** As gpg --print-md writes it. */
const GROUPS = (SHA512.toUpperCase().match(/.{8}/g) ?? []).join(' ');
const APACHE_LONG = `hbase-2.6.2-bin.tar.gz: ${GROUPS.slice(0, 71)}\n                        ${GROUPS.slice(72)}\n`;

describe('parseReleaseRequest', () => {
  it.each([
    ['hbase=2.6.1-hadoop3', 'hbase', '2.6.1-hadoop3'],
    ['hbase=./hbase-2.6.2-bin.tar.gz', 'hbase', './hbase-2.6.2-bin.tar.gz'],
    ['my-hbase2=https://example.com/a.tgz#sha512=ab', 'my-hbase2', 'https://example.com/a.tgz#sha512=ab'],
    ['hbase=a=b', 'hbase', 'a=b'],
  ])('%s', (text, component, source) => {
    expect(parseReleaseRequest(text)).toEqual({ component, source });
  });

  it.each(['', 'hbase', 'hbase=', '=1', 'HBase=1', '2hbase=1', 'hbase= 1', 'hbase=1 2', ' hbase=1'])(
    'refuses %j',
    (text) => {
      expect(() => parseReleaseRequest(text)).toThrow(UsageError);
    },
  );
});

describe('parseDigestFile', () => {
  it.each([
    ['HEX  NAME', `${SHA512}  hbase-2.6.2-bin.tar.gz\n`],
    ['HEX *NAME', `${SHA512} *hbase-2.6.2-bin.tar.gz\n`],
    ['the digest alone, in capitals', SHA512.toUpperCase()],
    ['NAME: HEX HEX ... over lines', APACHE_LONG],
    ['NAME:, and the digest on the lines below it', `abcdef.tar.gz:\n${GROUPS.slice(0, 71)}\n${GROUPS.slice(72)}\n`],
    ['SHA512 (NAME) = HEX', `SHA512 (hbase-2.6.2-bin.tar.gz) = ${SHA512}\n`],
  ])('reads %s', (_, text) => {
    expect(parseDigestFile(text)).toBe(SHA512);
  });

  it.each([
    ['nothing', ''],
    ['a page', '<html>not found</html>'],
    ['a sha256', `${SHA512.slice(0, 64)}  hbase.tar.gz`],
  ])('finds none in %s', (_, text) => {
    expect(parseDigestFile(text)).toBeUndefined();
  });
});

describe('a version', () => {
  it.each([
    ['2.6.1-hadoop3', '2.6.1-hadoop3'],
    ['maven:2.7.0-SNAPSHOT', '2.7.0-SNAPSHOT'],
  ])('%s comes from Maven, whatever lies around', async (source, version) => {
    expect(await resolve(source, '/nowhere')).toEqual({ from: 'maven', version });
  });

  it.each(['./hbase', '/releases/hbase.zip', 'https://example.com/hbase', String.raw`C:\hbase.zip`])(
    'cannot be %s',
    async (source) => {
      await expect(resolve(source, '/nowhere')).rejects.toThrow(UsageError);
    },
  );
});

describe('a tarball on this machine', () => {
  it.each([
    ['no sha512 at all', {}, ''],
    ['the right one given', {}, `#sha512=${SHA512}`],
    ['the right one in capitals', {}, `#sha512=${SHA512.toUpperCase()}`],
    ['the right one beside it', { '.sha512': `${SHA512}  hbase-2.6.2-bin.tar.gz\n` }, ''],
    ['the right one beside it, in the long format', { '.sha512': APACHE_LONG }, ''],
    ['the right one given and a wrong one beside it', { '.sha512': OTHER }, `#sha512=${SHA512}`],
  ])('is taken with %s', async (_, beside, fragment) => {
    await using folder = await releaseFolder(beside);
    const file = path.join(folder.path, NAME);
    expect(await resolve(`${file}${fragment}`, folder.path)).toEqual({
      from: 'tarball',
      version: '2.6.2',
      file,
      sha512: SHA512,
    });
  });

  it.each([
    ['a wrong one given', {}, `#sha512=${OTHER}`],
    ['a wrong one given and the right one beside it', { '.sha512': SHA512 }, `#sha512=${OTHER}`],
    ['a wrong one beside it', { '.sha512': `${OTHER}  ${'x'.repeat(3)}\n` }, ''],
  ])('is refused with %s', async (_, beside, fragment) => {
    await using folder = await releaseFolder(beside);
    const error = await failure(resolve(`${path.join(folder.path, NAME)}${fragment}`, folder.path));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({
      message: `${NAME} has sha512 ${SHA512.slice(0, 16)}..., not ${OTHER.slice(0, 16)}... as it should`,
    });
  });

  it.each([
    ['nothing', ''],
    ['no digits', 'sha512='],
    ['too few', 'sha512=abc'],
    ['too many', `sha512=${SHA512}0`],
    ['one that is none', `sha512=${SHA512.slice(1)}g`],
    ['another algorithm', `sha256=${SHA512}`],
  ])('is refused with %s after its #, before it is looked for', async (_, fragment) => {
    await expect(resolve(`/nowhere/hbase.tar.gz#${fragment}`, '/nowhere')).rejects.toThrow(UsageError);
  });

  it('has to be there', async () => {
    await using folder = await folderWith({});
    const error = await failure(resolve(path.join(folder.path, NAME), folder.path));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ message: `${path.join(folder.path, NAME)} is not there` });
  });

  it.each([
    ['hbase-2.6.2-bin.tar.gz', '2.6.2'],
    ['hbase-2.6.2.bin.tgz', '2.6.2'],
    ['hbase-2.7.0-SNAPSHOT.tar.gz', '2.7.0-SNAPSHOT'],
    ['hbase-2.6.1-hadoop3-bin.tar.gz', '2.6.1-hadoop3'],
    ['apache-hbase-2.6.2-bin.tar.gz', '2.6.2'],
    ['hbase.tar.gz', `local-${SHA512.slice(0, 8)}`],
    ['hadoop-3.4.2.tar.gz', `local-${SHA512.slice(0, 8)}`],
    ['hbase-my-branch.tar.gz', `local-${SHA512.slice(0, 8)}`],
  ])('%s is version %s', async (name, version) => {
    await using folder = await folderWith({ [name]: CONTENT });
    expect((await resolve(path.join(folder.path, name), folder.path)).version).toBe(version);
  });
});

describe('a tarball of a URL', () => {
  it.each([
    ['vouched for by the URL', {}, `#sha512=${SHA512}`, ['/hbase-2.6.2-bin.tar.gz']],
    [
      'vouched for by its neighbour',
      { '/hbase-2.6.2-bin.tar.gz.sha512': APACHE_LONG },
      '',
      ['/hbase-2.6.2-bin.tar.gz.sha512', '/hbase-2.6.2-bin.tar.gz'],
    ],
  ])('is downloaded once when it is %s', async (_, beside, fragment, requests) => {
    await using folder = await folderWith({});
    await using web = await webServer(files({ [`/${NAME}`]: CONTENT, ...beside }));
    const details: string[] = [];
    const release = await resolve(`${web.url}/${NAME}${fragment}`, folder.path, { onProgress: (d) => details.push(d) });
    const file = path.join(folder.path, SHA512.slice(0, 32), NAME);
    expect(release).toEqual({ from: 'tarball', version: '2.6.2', file, sha512: SHA512 });
    expect(await readFile(file, 'utf8')).toBe(CONTENT);
    expect(web.requests).toEqual(requests);
    expect(details.at(-1)).toContain(NAME);

    expect(await resolve(`${web.url}/${NAME}${fragment}`, folder.path)).toEqual(release);
    expect(web.requests.filter((url) => url === `/${NAME}`)).toHaveLength(1);
    expect(await tree(folder.path)).toEqual([SHA512.slice(0, 32), `${SHA512.slice(0, 32)}/${NAME}`]);
  });

  it('needs no server the second time when the URL has the sha512', async () => {
    await using folder = await folderWith({});
    let source = '';
    {
      await using web = await webServer(files({ [`/${NAME}`]: CONTENT }));
      source = `${web.url}/${NAME}#sha512=${SHA512}`;
      await resolve(source, folder.path);
    }
    expect(await resolve(source, folder.path)).toMatchObject({ sha512: SHA512 });
  });

  it.each([
    ['no sha512', {}],
    ['a page that is none', { [`/hbase-2.6.2-bin.tar.gz.sha512`]: '<html>see our mirrors</html>' }],
  ])('is not fetched when there is %s beside it', async (_, beside) => {
    await using folder = await folderWith({});
    await using web = await webServer(files({ [`/${NAME}`]: CONTENT, ...beside }));
    const error = await failure(resolve(`${web.url}/${NAME}`, folder.path));
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message: `there is no sha512 for ${web.url}/${NAME}` });
    expect(web.requests).toEqual([`/${NAME}.sha512`]);
    expect(await tree(folder.path)).toEqual([]);
  });

  it('of another content is refused and not kept, and the next try downloads again', async () => {
    await using folder = await folderWith({});
    const content: Record<string, string> = { [`/${NAME}`]: 'half a rel' };
    await using web = await webServer((request, response) => files(content)(request, response));
    const source = `${web.url}/${NAME}#sha512=${SHA512}`;
    const error = await failure(resolve(source, folder.path));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: `${web.url}/${NAME} has another sha512 than it should` });
    expect(await tree(folder.path)).toEqual([SHA512.slice(0, 32)]);
    content[`/${NAME}`] = CONTENT;
    expect(await resolve(source, folder.path)).toMatchObject({ sha512: SHA512 });
  });

  it('that is not there', async () => {
    await using folder = await folderWith({});
    await using web = await webServer(files({}));
    const error = await failure(resolve(`${web.url}/${NAME}#sha512=${SHA512}`, folder.path));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: `${web.url}/${NAME} answered 404` });
    expect(await tree(folder.path)).toEqual([SHA512.slice(0, 32)]);
  });

  it('of a server that is not there', async () => {
    await using folder = await folderWith({});
    let url = '';
    {
      await using web = await webServer(files({}));
      url = web.url;
    }
    const error = await failure(resolve(`${url}/${NAME}#sha512=${SHA512}`, folder.path));
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: `${url}/${NAME} cannot be reached` });
  });

  it('leaves nothing when the connection breaks in the middle', async () => {
    await using folder = await folderWith({});
    await using web = await webServer((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(CONTENT, () => response.destroy());
    });
    await expect(resolve(`${web.url}/${NAME}#sha512=${SHA512}`, folder.path)).rejects.toThrow(FailedError);
    expect(await tree(folder.path)).toEqual([SHA512.slice(0, 32)]);
  });

  it.each([
    ['its sha512', ''],
    ['it', `#sha512=${SHA512}`],
  ])('leaves nothing when the user stops while %s is fetched', async (_, fragment) => {
    await using folder = await folderWith({});
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    await using web = await webServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(CONTENT, () => setTimeout(() => interrupt.abort(reason), 5));
    });
    const error = await failure(resolve(`${web.url}/${NAME}${fragment}`, folder.path, { signal: interrupt.signal }));
    expect(error).toBe(reason);
    expect((await tree(folder.path)).filter((name) => name.includes('.'))).toEqual([]);
  });

  it('is checked anew when it was damaged after its download', async () => {
    await using folder = await folderWith({});
    await using web = await webServer(files({ [`/${NAME}`]: CONTENT }));
    const source = `${web.url}/${NAME}#sha512=${SHA512}`;
    await resolve(source, folder.path);
    await writeFile(path.join(folder.path, SHA512.slice(0, 32), NAME), 'damaged');
    await expect(resolve(source, folder.path)).rejects.toThrow(FailedError);
  });
});

const NAME = 'hbase-2.6.2-bin.tar.gz';

function resolve(
  source: string,
  downloads: string,
  more: Partial<Parameters<typeof resolveRelease>[1]> = {},
): Promise<Release> {
  return resolveRelease({ component: 'hbase', source }, { downloads, onProgress: () => undefined, ...more });
}

/** The tarball, and files beside it by what their names have more than its. */
function releaseFolder(beside: Readonly<Record<string, string>>) {
  const more = Object.entries(beside).map(([end, content]) => [`${NAME}${end}`, content]);
  return folderWith({ [NAME]: CONTENT, ...Object.fromEntries(more) });
}

async function tree(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
}

function sha512(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}
