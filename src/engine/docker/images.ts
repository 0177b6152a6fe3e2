import { NotFoundError } from '../../errors/index.js';
import type { EngineProduct, Images, OnProgress } from '../port.js';
import { buildImage } from './build.js';
import type { Connection } from './connection.js';
import { credentialsFor, registryOf } from './credentials.js';
import type { Environment } from './endpoint.js';
import { labelFilters } from './filters.js';
import { importImage } from './import.js';
import { login } from './login.js';
import { followLines, layerProgress } from './progress.js';
import { namesGiven, splitReference } from './reference.js';
import { loadImages, saveImages } from './save-load.js';
import { withdraw } from './withdraw.js';

export function dockerImages(
  connection: Connection,
  environment: Environment,
  product: () => Promise<EngineProduct>,
): Images {
  return {
    async inspect(reference) {
      try {
        const found = await connection.askSoon({ action: `inspect image ${reference}` }, (docker) =>
          docker.getImage(reference).inspect(),
        );
        return {
          id: found.Id,
          references: namesGiven(found.RepoTags, await product()),
          labels: found.Config.Labels ?? {},
          sizeBytes: found.Size,
          createdAt: new Date(found.Created).toISOString(),
          layers: found.RootFS.Layers ?? [],
        };
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    },

    async list(filter) {
      const found = await connection.askSoon({ action: 'list images' }, (docker, abortSignal) =>
        docker.listImages({ filters: labelFilters(filter), abortSignal }),
      );
      const by = await product();
      return found.map((image) => ({
        id: image.Id,
        references: namesGiven(image.RepoTags, by),
        labels: image.Labels ?? {},
        sizeBytes: image.Size,
        createdAt: new Date(image.Created * 1000).toISOString(),
      }));
    },

    build: (spec, options) => buildImage(connection, environment, spec, options),

    importRootFilesystem: (tar, options) => importImage(connection, tar, options),

    save: (references, options) => saveImages(connection, references, options),

    load: (tar, options) => loadImages(connection, tar, options),

    pull: (reference, options) =>
      transfer(connection, environment, 'pull', reference, options, (docker, auth, abortSignal) => {
        const { repository, tag } = splitReference(reference);
        return docker.createImage({ base64: auth }, { fromImage: repository, tag, abortSignal });
      }),

    push: (reference, options) =>
      transfer(connection, environment, 'push', reference, options, (docker, auth, abortSignal) => {
        const { repository, tag } = splitReference(reference);
        const authconfig = { base64: auth };
        return docker.getImage(repository).push({ tag, authconfig, ...(abortSignal && { abortSignal }) });
      }),

    withdraw: (reference, { signal }) => withdraw(environment, reference, signal),

    login: (registry, credentials) => login(connection, environment, registry, credentials),

    knowsLogin: async (registry) => (await credentialsFor(registry, environment)).isKnown,

    async tag(reference, as) {
      const { repository, tag } = splitReference(as);
      await connection.ask({ action: `tag image ${reference} as ${as}` }, (docker) =>
        docker.getImage(reference).tag({ repo: repository, tag }),
      );
    },

    async remove(reference) {
      try {
        await connection.ask({ action: `remove image ${reference}` }, (docker) => docker.getImage(reference).remove());
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}

type Client = Parameters<Parameters<Connection['ask']>[1]>[0];

async function transfer(
  connection: Connection,
  environment: Environment,
  verb: 'pull' | 'push',
  reference: string,
  { onProgress, signal }: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal },
  request: (docker: Client, auth: string, abortSignal: AbortSignal | undefined) => Promise<NodeJS.ReadableStream>,
): Promise<void> {
  signal?.throwIfAborted();
  const registry = registryOf(reference);
  const { header, problem } = await credentialsFor(registry, environment);
  const about = {
    action: `${verb} ${reference}`,
    registry,
    ...(problem !== undefined && { details: [`credentials for ${registry}: ${problem}`] }),
  };
  const onLine = onProgress ? layerProgress(onProgress) : () => undefined;
  try {
    await connection.ask(about, async (docker) => followLines(await request(docker, header, signal), onLine, signal));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
