import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FailedError, NotFoundError, UsageError } from '../errors/index.js';

/** Where a component's release comes from: a version in a Maven repository, or a tarball on this machine. */
export type Release =
  | { readonly from: 'maven'; readonly version: string }
  | { readonly from: 'tarball'; readonly version: string; readonly file: string; readonly sha512: string };

/** As a user gives it: COMPONENT=VERSION, =PATH.tar.gz[#sha512=HEX], =URL.tar.gz[#sha512=HEX]. */
export interface ReleaseRequest {
  readonly component: string;
  readonly source: string;
}

export function parseReleaseRequest(text: string): ReleaseRequest {
  const match = /^([a-z][a-z0-9-]*)=(\S+)$/.exec(text);
  if (!match?.[1] || !match[2]) {
    throw new UsageError(
      `'${text}' is not COMPONENT=VERSION or COMPONENT=TARBALL`,
      'write for example --with hbase=2.6.1-hadoop3 or --with hbase=./hbase-2.6.2-bin.tar.gz',
    );
  }
  return { component: match[1], source: match[2] };
}

/**
 * @param downloads folder where tarballs of URLs are kept, by their sha512
 * @throws NotFoundError for a missing file, FailedError when the sha512 is another or a download fails
 */
export async function resolveRelease(
  request: ReleaseRequest,
  options: { readonly downloads: string; readonly onProgress: (detail: string) => void; readonly signal?: AbortSignal },
): Promise<Release> {
  const [location = '', fragment] = request.source.split('#', 2);
  if (!/\.(tar\.gz|tgz)$/.test(location)) {
    if (/[/\\]/.test(location)) {
      throw new UsageError(
        `'${location}' is neither a version nor a .tar.gz`,
        'give a version of the Maven repository, or the path or URL of a release tarball (.tar.gz)',
      );
    }
    return { from: 'maven', version: location.replace(/^maven:/, '') };
  }
  const wanted = wantedDigest(fragment);
  const isUrl = /^https?:\/\//.test(location);
  const file = isUrl ? await download(location, wanted, options) : path.resolve(location);
  await stat(file).catch((cause: unknown) => {
    throw new NotFoundError(`${file} is not there`, `give the path of ${request.component}'s release tarball`, {
      cause,
    });
  });
  const expected = wanted ?? (isUrl ? undefined : await neighbourDigest(file));
  const sha512 = await digestOf(file);
  if (expected !== undefined && expected !== sha512) {
    throw new FailedError(
      `${path.basename(file)} has sha512 ${sha512.slice(0, 16)}..., not ${expected.slice(0, 16)}... as it should`,
      'the file is damaged or another one: get it again, or correct the sha512',
    );
  }
  return { from: 'tarball', version: versionOf(request.component, file, sha512), file, sha512 };
}

function wantedDigest(fragment: string | undefined): string | undefined {
  if (fragment === undefined) return undefined;
  const match = /^sha512=([0-9a-f]{128})$/i.exec(fragment);
  if (!match?.[1]) {
    throw new UsageError(`'#${fragment}' is not #sha512= and 128 hex digits`, 'copy the sha512 from the release page');
  }
  return match[1].toLowerCase();
}

/** Apache publishes FILE.sha512 beside FILE, in two formats: "HEX  NAME" and "NAME: HEX HEX ...". */
export function parseDigestFile(text: string): string | undefined {
  const compact = text.replace(/^[^:\n]*:/, '').replace(/\s+/g, '');
  return /[0-9a-f]{128}/i.exec(compact)?.[0].toLowerCase();
}

async function neighbourDigest(file: string): Promise<string | undefined> {
  const text = await readFile(`${file}.sha512`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseDigestFile(text);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function download(
  url: string,
  wanted: string | undefined,
  options: { readonly downloads: string; readonly onProgress: (detail: string) => void; readonly signal?: AbortSignal },
): Promise<string> {
  const init = options.signal ? { signal: options.signal } : {};
  const expected = wanted ?? parseDigestFile(await fetchText(`${url}.sha512`, init));
  if (expected === undefined) {
    throw new UsageError(
      `there is no sha512 for ${url}`,
      'add it to the URL as #sha512=HEX; a download that nothing vouches for is not used',
    );
  }
  const file = path.join(options.downloads, expected.slice(0, 32), path.basename(new URL(url).pathname));
  if (
    await stat(file).then(
      () => true,
      () => false,
    )
  )
    return file;
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  try {
    const response = await fetch(url, init);
    if (!response.ok || !response.body) {
      throw new FailedError(`${url} answered ${response.status}`, 'check the URL');
    }
    const total = Number(response.headers.get('content-length') ?? 0);
    let done = 0;
    const body = Readable.fromWeb(response.body);
    body.on('data', (chunk: Buffer) => {
      done += chunk.length;
      options.onProgress(`${mebibytes(done)}${total > 0 ? ` of ${mebibytes(total)}` : ''} of ${path.basename(file)}`);
    });
    await pipeline(body, createWriteStream(part));
    if ((await digestOf(part)) !== expected) {
      throw new FailedError(`${url} has another sha512 than it should`, 'try again; if it stays so, do not trust it');
    }
    await rename(part, file);
    return file;
  } catch (cause) {
    await rm(part, { force: true });
    if (cause instanceof TypeError) {
      throw new FailedError(`${url} cannot be reached`, 'check the URL and the network', { cause });
    }
    throw cause;
  }
}

async function fetchText(url: string, init: RequestInit): Promise<string> {
  try {
    const response = await fetch(url, init);
    return response.ok ? await response.text() : '';
  } catch {
    init.signal?.throwIfAborted();
    return '';
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(0)} MB`;
}

/** hbase-2.6.2-bin.tar.gz is version 2.6.2; a file with no version in its name is named after its content. */
function versionOf(component: string, file: string, sha512: string): string {
  const stem = path
    .basename(file)
    .replace(/\.(tar\.gz|tgz)$/, '')
    .replace(/[-.]bin$/, '');
  const match = new RegExp(`${component}-(\\d[\\w.-]*)$`).exec(stem);
  return match?.[1] ?? `local-${sha512.slice(0, 8)}`;
}
