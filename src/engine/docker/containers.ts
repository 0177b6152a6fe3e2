import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, EngineFailedError, NotFoundError, PortTakenError, TimedOutError } from '../../errors/index.js';
import type { Containers } from '../port.js';
import { packFiles, unpackFirst } from './archive.js';
import { attachTo } from './attach.js';
import type { Connection } from './connection.js';
import { containerRequest } from './container-request.js';
import { fromInspect, fromList } from './container-summary.js';
import { lookFor, named, openArchive, pathStatus, reading, writeArchive } from './copy.js';
import { Demux } from './demux.js';
import { field, textField } from './docker-config.js';
import { download } from './download.js';
import { execIn } from './exec.js';
import { labelFilters } from './filters.js';
import { splitReference } from './reference.js';

/** As many as Linux itself follows before it calls a chain of links a loop. */
const MOST_LINKS = 40;
/** As many as sandboxes on one machine may have published side by side. */
const FREE_PORT_TRIES = 200;
const REMOVAL_LIMIT_MS = 60_000;

export function dockerContainers(connection: Connection): Containers {
  const inspect: Containers['inspect'] = async (id) =>
    fromInspect(
      await connection.askSoon({ action: `inspect ${named(id)}` }, (docker, abortSignal) =>
        docker.getContainer(id).inspect({ abortSignal }),
      ),
    );

  /** Whether no host port is asked for by its number. */
  const wantsAnyPorts = async (id: string): Promise<boolean> => {
    const { HostConfig } = await connection.askSoon({ action: `inspect ${named(id)}` }, (docker, abortSignal) =>
      docker.getContainer(id).inspect({ abortSignal }),
    );
    const bindings: unknown[] = Object.values(Object(HostConfig.PortBindings)).flat();
    return bindings.every((binding) => Number(textField(binding, 'HostPort') ?? 0) === 0);
  };

  return {
    inspect,

    async create(spec) {
      // The client puts what it is given into the URL as well; _query and _body are its way to keep the two apart.
      const request = { _query: { name: spec.name }, _body: containerRequest(spec) };
      const container = await connection.ask(
        { action: `create container ${spec.name} from image ${spec.image}` },
        (docker) => docker.createContainer(request as object),
      );
      return container.id;
    },

    async start(id) {
      const start = () =>
        connection.ask({ action: `start ${named(id)}` }, (docker) => unlessAlready(docker.getContainer(id).start()));
      for (let tries = 1; ; tries += 1) {
        try {
          return await start();
        } catch (error) {
          // The engine counts free ports for each host address by itself, so it may offer one for 0.0.0.0 that it has
          // given away on 127.0.0.1. At each try it goes on counting.
          const again = error instanceof PortTakenError && tries < FREE_PORT_TRIES && (await wantsAnyPorts(id));
          if (!again) throw error;
        }
      }
    },

    async stop(id, { graceMs }) {
      await connection.ask({ action: `stop ${named(id)}` }, (docker) =>
        unlessAlready(docker.getContainer(id).stop({ t: Math.ceil(graceMs / 1000) })),
      );
    },

    async remove(id) {
      const about = { action: `remove ${named(id)}` };
      const deadline = Date.now() + REMOVAL_LIMIT_MS;
      for (;;) {
        try {
          await connection.ask(about, (docker) => docker.getContainer(id).remove({ force: true, v: true }));
          return;
        } catch (error) {
          if (error instanceof NotFoundError) return;
          // Somebody else removes it right now. We promise that it is gone when we return, so wait for them.
          if (!(error instanceof ConflictError && /already in progress/.test(error.message))) throw error;
          if (Date.now() > deadline) {
            throw new TimedOutError(
              `cannot ${about.action}: its removal began elsewhere and has not ended in ${REMOVAL_LIMIT_MS / 1000} s`,
              `remove it by hand: docker rm -f ${id.slice(0, 12)}`,
              { cause: error },
            );
          }
        }
        await sleep(100);
      }
    },

    async pause(id) {
      await connection.ask({ action: `pause ${named(id)}` }, (docker) => docker.getContainer(id).pause());
    },

    async unpause(id) {
      await connection.ask({ action: `unpause ${named(id)}` }, (docker) => docker.getContainer(id).unpause());
    },

    async rename(id, name) {
      try {
        await connection.ask({ action: `rename ${named(id)} to ${name}` }, (docker) =>
          docker.getContainer(id).rename({ name }),
        );
      } catch (error) {
        if (!(error instanceof EngineFailedError && /same name as its current name/i.test(error.message))) throw error;
      }
    },

    async list(filter) {
      const found = await connection.askSoon({ action: 'list containers' }, (docker, abortSignal) =>
        docker.listContainers({ all: true, filters: labelFilters(filter), abortSignal }),
      );
      return found.map(fromList);
    },

    async writeFiles(id, files) {
      if (files.length === 0) return;
      const archive = await packFiles(files, { modified: new Date() });
      await connection.ask({ action: `write ${files.length} files into ${named(id)}` }, (docker) =>
        docker.getContainer(id).putArchive(archive, { path: '/' }),
      );
    },

    async writtenBytes(id) {
      const answer: unknown = await connection.ask({ action: `measure ${named(id)}` }, (docker) =>
        docker.getContainer(id).inspect({ size: true } as object),
      );
      return Number(field(answer, 'SizeRw') ?? 0);
    },

    async readFile(id, path) {
      let at = path;
      for (let links = 0; links <= MOST_LINKS; links += 1) {
        const file = await readOnce(connection, id, at);
        if (file === undefined) return undefined;
        if (file.kind === 'file') return file.content;
        if (file.kind === 'other') {
          throw new EngineFailedError(`${at} in ${named(id)} is not a file`, 'name a file, not a folder or a device');
        }
        at = posix.resolve(posix.dirname(at), file.target);
      }
      throw new EngineFailedError(`${path} in ${named(id)} is a loop of links`, 'remove the link that leads back');
    },

    pathExists: async (id, path) => (await lookFor(connection, id, path, inspect)) !== undefined,

    pathStatus: (id, path) => pathStatus(connection, id, path, inspect),

    readArchive: (id, path) => openArchive(connection, id, path),

    writeArchive: (id, folder, tar) => writeArchive(connection, id, folder, tar),

    exportFilesystem: (id) =>
      download(connection, { action: `export ${named(id)}` }, (docker) => docker.getContainer(id).export()),

    exec: (id, command, options) => execIn(connection, id, command, options),

    attach: (id, options) => attachTo(connection, id, options),

    async logs(id, { tail }) {
      const raw = await connection.askSoon({ action: `read the log of ${named(id)}` }, (docker, abortSignal) =>
        docker.getContainer(id).logs({ stdout: true, stderr: true, tail, abortSignal }),
      );
      const parts = [...new Demux().push(raw)].map(({ data }) => data);
      return Buffer.concat(parts).toString('utf8');
    },

    async commit(id, { reference, labels, pause }) {
      const { repository, tag } = splitReference(reference);
      // Labels go as a body: the other way, Dockerfile lines in the URL, would need quoting of their values.
      const request = {
        _query: { container: id, repo: repository, tag, pause: pause ? '1' : '0' },
        _body: { Labels: labels },
      };
      const answer: unknown = await connection.ask({ action: `commit ${named(id)} as ${reference}` }, (docker) =>
        docker.getContainer(id).commit(request),
      );
      return String(field(answer, 'Id'));
    },
  };
}

async function readOnce(connection: Connection, id: string, path: string) {
  try {
    return await connection.ask({ action: reading(id, path) }, async () =>
      unpackFirst(await openArchive(connection, id, path)),
    );
  } catch (error) {
    if (!(error instanceof NotFoundError) || /no such container/i.test(error.message)) throw error;
    return undefined;
  }
}

/** The engine says "not modified" to a start of what runs and a stop of what stands; the client makes it an error. */
async function unlessAlready(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (field(error, 'statusCode') !== 304) throw error;
  }
}
