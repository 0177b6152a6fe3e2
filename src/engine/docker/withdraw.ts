import { RegistryError, RegistryUnreachableError } from '../../errors/index.js';
import { credentialsFor, registryOf } from './credentials.js';
import { field, textField } from './docker-config.js';
import type { Environment } from './endpoint.js';
import { splitReference } from './reference.js';

const TIMEOUT_MS = 30_000;
/** Whatever form the image was pushed in: the digest is that of the manifest as it was. */
const MANIFESTS = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

/**
 * By the registry's own interface (OCI Distribution Specification, Content Management): the engine has no words for it.
 * A registry removes a manifest with all its names, so those that are to stay are given anew.
 * @see Images.withdraw
 */
export async function withdraw(
  environment: Environment,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { repository, tag } = splitReference(reference);
  const registry = registryOf(reference);
  const api = new RegistryApi(environment, registry, repository.slice(registry.length + 1), signal);
  const found = await api.ask('GET', `manifests/${tag}`);
  if (found.status === 404) return [];
  const manifest = Buffer.from(await found.arrayBuffer());
  const digest = found.headers.get('docker-content-digest');
  if (digest === null) throw new RegistryError(`${registry} does not tell the digest of ${tag}`, 'remove it there');
  const others = await api.namesOf(digest, tag);
  await api.ask('DELETE', `manifests/${digest}`);
  const type = found.headers.get('content-type') ?? '';
  for (const other of others) await api.ask('PUT', `manifests/${other}`, { type, content: manifest });
  return others;
}

class RegistryApi {
  /** Once the registry has asked for it. */
  #authorization: string | undefined;
  readonly #scheme: 'http' | 'https';

  constructor(
    private readonly environment: Environment,
    private readonly registry: string,
    private readonly repository: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    // As the engine: a registry of this machine needs no TLS.
    this.#scheme = /^(127\.|localhost(:|$))/.test(registry) ? 'http' : 'https';
  }

  /** @throws RegistryError, but for 404; RegistryUnreachableError */
  async ask(
    method: string,
    path: string,
    body?: { readonly type: string; readonly content: Buffer },
  ): Promise<Response> {
    let answer = await this.#send(method, path, body);
    if (answer.status === 401 && this.#authorization === undefined) {
      this.#authorization = await this.#authorize(answer.headers.get('www-authenticate') ?? '');
      if (this.#authorization !== undefined) answer = await this.#send(method, path, body);
    }
    if (answer.ok || answer.status === 404) return answer;
    await answer.body?.cancel();
    if (answer.status === 405) {
      throw new RegistryError(
        `${this.registry} does not let anybody remove images`,
        'who runs it can allow it: REGISTRY_STORAGE_DELETE_ENABLED=true (storage.delete.enabled)',
      );
    }
    const refused = answer.status === 401 || answer.status === 403;
    throw new RegistryError(
      `${this.registry} ${refused ? 'refused' : `answered ${answer.status}`}: ${method} ${this.repository}/${path}`,
      refused ? 'log in: bdsandbox registry login' : `look at its log, and at ${this.#scheme}://${this.registry}/v2/`,
    );
  }

  /** Other tags of the same manifest. */
  async namesOf(digest: string, tag: string): Promise<string[]> {
    const others = (await this.#tags()).filter((other) => other !== tag);
    const same: string[] = [];
    for (const other of others) {
      const head = await this.ask('HEAD', `manifests/${other}`);
      if (head.headers.get('docker-content-digest') === digest) same.push(other);
    }
    return same;
  }

  /** In as many pieces as the registry makes of them: one that is overlooked would go with the manifest. */
  async #tags(): Promise<string[]> {
    const all: string[] = [];
    let path: string | undefined = 'tags/list';
    while (path !== undefined) {
      const answer: Response = await this.ask('GET', path);
      const tags: unknown = answer.ok ? Object(await answer.json()).tags : [];
      if (Array.isArray(tags)) all.push(...tags.map(String));
      const next = /<[^>]*\?([^>]*)>;\s*rel="?next\b/.exec(answer.headers.get('link') ?? '')?.[1];
      path = next === undefined ? undefined : `tags/list?${next}`;
    }
    return all;
  }

  async #send(
    method: string,
    path: string,
    body: { readonly type: string; readonly content: Buffer } | undefined,
  ): Promise<Response> {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    try {
      return await fetch(`${this.#scheme}://${this.registry}/v2/${this.repository}/${path}`, {
        method,
        headers: {
          Accept: path.startsWith('manifests/') ? MANIFESTS : 'application/json',
          ...(body && { 'Content-Type': body.type }),
          ...(this.#authorization !== undefined && { Authorization: this.#authorization }),
        },
        ...(body && { body: new Uint8Array(body.content) }),
        signal: this.signal ? AbortSignal.any([this.signal, limit]) : limit,
      });
    } catch (cause) {
      this.signal?.throwIfAborted();
      const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new RegistryUnreachableError(
        `registry ${this.registry} cannot be reached from this machine: ${why}`,
        `try it: curl -v ${this.#scheme}://${this.registry}/v2/`,
        { cause },
      );
    }
  }

  /** As the registry wants it (RFC 7617, or Docker's token authentication). undefined where no login is known. */
  async #authorize(challenge: string): Promise<string | undefined> {
    const { header } = await credentialsFor(this.registry, this.environment);
    const login: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    const [user, password] = [textField(login, 'username'), textField(login, 'password')];
    const basic =
      user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
    if (!/^bearer /i.test(challenge)) return basic;
    const realm = /realm="([^"]+)"/.exec(challenge)?.[1];
    if (realm === undefined) return undefined;
    const url = new URL(realm);
    url.searchParams.set('service', /service="([^"]+)"/.exec(challenge)?.[1] ?? '');
    url.searchParams.set('scope', `repository:${this.repository}:pull,push,delete`);
    const answer = await fetch(url, {
      ...(basic !== undefined && { headers: { Authorization: basic } }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => undefined);
    const given: unknown = answer?.ok ? await answer.json() : undefined;
    const token = textField(given, 'token') ?? textField(given, 'access_token');
    return token === undefined || field(given, 'error') !== undefined ? undefined : `Bearer ${token}`;
  }
}
