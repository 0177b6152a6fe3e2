import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FailedError } from '../../errors/index.js';
import type { RegistryLogin } from '../port.js';
import type { Connection } from './connection.js';
import { dockerConfigFolder, field, readDockerConfig, textField } from './docker-config.js';
import type { Environment } from './endpoint.js';

/** Asks the registry through the engine, then keeps the login where Docker's own client would. */
export async function login(
  connection: Connection,
  environment: Environment,
  registry: string,
  { username, password }: RegistryLogin,
): Promise<void> {
  await connection.askSoon({ action: `log in to ${registry}`, registry }, (docker) =>
    docker.checkAuth({ username, password, serveraddress: registry }),
  );
  const config = await readDockerConfig(environment);
  const helper = textField(config, 'credHelpers', registry) ?? textField(config, 'credsStore');
  if (helper === undefined) await keepInFile(environment, config, registry, { username, password });
  else await keepInHelper(environment, helper, registry, { username, password });
}

/** The password goes to the helper on standard input (docker-credential-helpers protocol), never in argv. */
async function keepInHelper(
  environment: Environment,
  helper: string,
  registry: string,
  { username, password }: RegistryLogin,
): Promise<void> {
  const { execa } = await import('execa');
  const { failed, stderr, shortMessage } = await execa(`docker-credential-${helper}`, ['store'], {
    input: JSON.stringify({ ServerURL: registry, Username: username, Secret: password }),
    env: environment,
    extendEnv: false,
    reject: false,
    timeout: 30_000,
  });
  if (!failed) return;
  throw new FailedError(
    `docker-credential-${helper} did not keep the login: ${stderr.trim() || shortMessage}`,
    `mend the helper, or take it out of ${path.join(dockerConfigFolder(environment), 'config.json')}`,
  );
}

/** Replaces the file as a whole, readable by its owner alone, as `docker login` does. */
async function keepInFile(
  environment: Environment,
  config: unknown,
  registry: string,
  { username, password }: RegistryLogin,
): Promise<void> {
  const folder = dockerConfigFolder(environment);
  const file = path.join(folder, 'config.json');
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const auths = { ...Object(field(config, 'auths')), [registry]: { auth } };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mode = await stat(file).then(
    (known) => known.mode & 0o777,
    () => 0o600,
  );
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, `${JSON.stringify({ ...Object(config), auths }, null, '\t')}\n`, { mode });
  await rename(part, file);
}
