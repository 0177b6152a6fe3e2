import { DiskFullError, ImageBuildError } from '../../errors/index.js';
import type { Images } from '../port.js';
import { packFiles } from './archive.js';
import type { Connection } from './connection.js';
import { credentialsFor, registryOf } from './credentials.js';
import type { Environment } from './endpoint.js';
import { BuildOutput, followLines, StreamedError } from './progress.js';
import { upload } from './upload.js';

/** One moment for all files: the engine's layer cache takes a new time for a new file. */
const NO_TIME = new Date(0);

/**
 * With the engine's first builder: it needs no session over a second connection, and every engine has it.
 * @see Images.build
 */
export async function buildImage(
  connection: Connection,
  environment: Environment,
  spec: Parameters<Images['build']>[0],
  { onProgress, signal }: Parameters<Images['build']>[1],
): Promise<void> {
  signal?.throwIfAborted();
  const about = { action: `build image ${spec.reference}` };
  const output = new BuildOutput(onProgress);
  const context = await packFiles(spec.context, { modified: NO_TIME, filesOnDisk: spec.contextFiles ?? [] });
  const registries = await registryConfig(spec, environment);
  try {
    await connection.ask(about, async (docker) => {
      const options = {
        version: '1' as const,
        t: spec.reference,
        buildargs: { ...spec.arguments },
        labels: { ...spec.labels },
        nocache: spec.noCache ?? false,
        rm: true,
        forcerm: true,
        ...(registries && { registryconfig: registries }),
        ...(signal && { abortSignal: signal }),
      };
      await upload(
        docker,
        about.action,
        context,
        (body) => docker.buildImage(body, options),
        (answer) => followLines(answer, (line) => output.take(line), signal),
      );
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw asBuildError(error, spec.reference, output.lastLines);
  } finally {
    // On a refused request the rest of the context has no reader; without this its file stays open.
    context.destroy();
  }
}

/** An error inside the stream is the build's own; one of the request is the engine's, and keeps its class. */
function asBuildError(error: unknown, reference: string, lastLines: readonly string[]): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof StreamedError)) return error;
  if (error instanceof DiskFullError || lastLines.some((line) => /no space left on device/i.test(line))) {
    return new DiskFullError(
      `cannot build image ${reference}: the engine's disk is full`,
      'see what takes the space: docker system df; remove old sandboxes and images',
      { cause: error, details: lastLines },
    );
  }
  return new ImageBuildError(
    `image ${reference} does not build: ${cause.message}`,
    'the last lines of the build say what failed; correct the Dockerfile or its arguments and run again',
    { cause: error, details: lastLines },
  );
}

/** Logins for the registries that FROM lines name. Only those: each one may start a credential helper. */
async function registryConfig(
  spec: Parameters<Images['build']>[0],
  environment: Environment,
): Promise<Record<string, { username: string; password: string }> | undefined> {
  const dockerfile = spec.context.find(({ path }) => path.replace(/^\.?\//, '') === 'Dockerfile');
  const images = [...String(dockerfile?.content ?? '').matchAll(/^FROM\s+(?:--\S+\s+)*(\S+\/\S+)/gim)];
  const hosts = new Set(images.map(([, image = '']) => registryOf(image)).filter((host) => host !== 'docker.io'));
  const logins: Record<string, { username: string; password: string }> = {};
  for (const host of hosts) {
    const { header } = await credentialsFor(host, environment);
    if (header !== 'e30=') logins[host] = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  }
  return hosts.size > 0 ? logins : undefined;
}
