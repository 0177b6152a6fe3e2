import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors/index.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where an engine listens. `name` is what the user wrote or would write, for messages. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly name: string; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly tls: TlsFiles | undefined;
    };

/** PEM texts; all absent for a server whose certificate a public authority signed. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * Reads what Docker itself reads in DOCKER_HOST: unix://PATH, a bare path, tcp://HOST:PORT or HOST:PORT. TLS as there:
 * DOCKER_TLS_VERIFY, or the TLS port 2376, with the three files of `certificates` (DOCKER_CERT_PATH).
 * @throws UsageError
 */
export function parseEndpoint(text: string, environment: Environment, certificates?: string): Endpoint {
  if (text.startsWith('/')) return { kind: 'unix', name: `unix://${text}`, path: text };
  if (text.startsWith('unix://')) {
    return { kind: 'unix', name: text, path: text.slice('unix://'.length) || '/var/run/docker.sock' };
  }
  if (text.startsWith('ssh://')) {
    throw new UsageError(
      `${text}: engines behind ssh are not supported`,
      'forward its socket and use that: ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock USER@HOST, ' +
        'then DOCKER_HOST=unix:///tmp/engine.sock',
    );
  }
  const url = parseUrl(text.includes('://') ? text : `tcp://${text}`);
  if (url === undefined || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError(
      `${text} is not an address of an engine`,
      'use unix:///var/run/docker.sock or tcp://HOST:2375, in DOCKER_HOST or in the configuration',
    );
  }
  // Not url.port: that leaves out the default port of http, which is not the default here.
  const port = /:(\d+)\/?$/.exec(text)?.[1];
  const secure =
    url.protocol === 'https:' || port === '2376' || certificates !== undefined || isSet(environment.DOCKER_TLS_VERIFY);
  return {
    kind: 'tcp',
    name: text,
    // An IPv6 address stands in brackets in a URL and without them in a socket call.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port ?? (secure ? 2376 : 2375)),
    tls: secure ? readTlsFiles(certificates ?? environment.DOCKER_CERT_PATH) : undefined,
  };
}

function parseUrl(text: string): URL | undefined {
  // URL knows no default port or host rules for tcp:, but parses http: the same way everywhere.
  const url = URL.parse(text.replace(/^tcp:/, 'http:'));
  return url === null ? undefined : url;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function readTlsFiles(folder: string | undefined): TlsFiles {
  if (folder === undefined || folder === '') return {};
  const read = (file: string): Buffer | undefined => {
    const path = join(folder, file);
    return existsSync(path) ? readFileSync(path) : undefined;
  };
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
