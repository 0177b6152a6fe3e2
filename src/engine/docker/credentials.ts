import { field, readDockerConfig, textField } from './docker-config.js';
import type { Environment } from './endpoint.js';

/** Docker Hub goes by its first address in every config file. */
const HUB = 'docker.io';
const HUB_KEY = 'https://index.docker.io/v1/';

export interface Credentials {
  /** The header X-Registry-Auth. An empty object where nothing is known: a push without any header is refused. */
  readonly header: string;
  readonly isKnown: boolean;
  /** Why a credential helper could not be asked; worth showing only if the registry refuses. */
  readonly problem?: string;
}

interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/** What Docker's own client would send to this registry: its helper, else its store, else the config file itself. */
export async function credentialsFor(registry: string, environment: Environment): Promise<Credentials> {
  const config = await readDockerConfig(environment);
  const key = registry === HUB ? HUB_KEY : registry;
  const helper = textField(config, 'credHelpers', key) ?? textField(config, 'credsStore');
  if (helper !== undefined) {
    const answer = await askHelper(helper, key, environment);
    if ('login' in answer) return found(key, answer.login);
    const stored = fromAuths(config, key);
    return { ...found(key, stored ?? {}), ...(answer.problem !== undefined && { problem: answer.problem }) };
  }
  return found(key, fromAuths(config, key) ?? {});
}

/** The registry of a reference. The first part names one only if it looks like a host, else the image is on the Hub. */
export function registryOf(reference: string): string {
  const [first, ...others] = reference.split('/');
  if (others.length === 0 || first === undefined) return HUB;
  return first === 'localhost' || /[.:]/.test(first) ? first : HUB;
}

async function askHelper(
  helper: string,
  key: string,
  environment: Environment,
): Promise<{ login: Login } | { problem: string | undefined }> {
  const { execa } = await import('execa');
  const command = `docker-credential-${helper}`;
  const { stdout, stderr, failed, shortMessage } = await execa(command, ['get'], {
    input: key,
    env: environment,
    extendEnv: false,
    reject: false,
    // A helper that opens a window nobody sees must not stop us.
    timeout: 30_000,
  });
  if (failed) {
    // The protocol has no code for "not found", only this sentence, on either stream.
    const unknown = /credentials not found/i.test(`${stdout}${stderr}`);
    return { problem: unknown ? undefined : `${shortMessage} ${stderr}`.trim() };
  }
  const answer = parse(stdout);
  const [username, secret] = [textField(answer, 'Username'), textField(answer, 'Secret')];
  if (username === undefined || secret === undefined) return { problem: `${command} gave no user name and secret` };
  return { login: username === '<token>' ? { identitytoken: secret } : { username, password: secret } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromAuths(config: unknown, key: string): Login | undefined {
  const auths = field(config, 'auths');
  // Old clients wrote keys as URLs: https://HOST/v1/.
  const name = [key, ...Object.keys(Object(auths))].find(
    (candidate) => hostOf(candidate) === hostOf(key) && field(auths, candidate) !== undefined,
  );
  if (name === undefined) return undefined;
  const entry = field(auths, name);
  const identitytoken = textField(entry, 'identitytoken');
  const auth = textField(entry, 'auth');
  const [username, password] =
    auth === undefined
      ? [textField(entry, 'username'), textField(entry, 'password')]
      : splitAt(Buffer.from(auth, 'base64').toString('utf8'), ':');
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(identitytoken && { identitytoken }),
  };
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

/** At the first separator only: a password may hold colons. The terminating zero is in files of very old clients. */
function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1).replace(/\0+$/, '')];
}

function found(key: string, login: Login): Credentials {
  const isKnown = Object.keys(login).length > 0;
  const json = JSON.stringify(isKnown ? { ...login, serveraddress: key } : {});
  // URL-safe, but with the padding: the engine's decoder insists on both.
  return { isKnown, header: Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_') };
}
