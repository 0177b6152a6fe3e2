import path from 'node:path';
import { Readable } from 'node:stream';
import { enterKit, makeKit, runInKit } from '../client/index.js';
import { NotFoundError } from '../errors/index.js';
import type { PlacedPort } from '../look/index.js';
import {
  checkOwner,
  destroySandboxes,
  execInNode,
  findSandbox,
  findSandboxes,
  inspectSandbox,
  type SandboxRecord,
  type Sandbox as Status,
} from '../sandbox/index.js';
import { collectEvidence, mustBeNew, takeAndPush } from '../snapshot/index.js';
import { createFromTemplate, kitsFolder, requestedCluster, restoreByName } from '../wiring/index.js';
import { asOwnErrors, orGiveUp } from './heed.js';
import type {
  ClientEnvironment,
  Collected,
  CollectOptions,
  CommandResult,
  CreateOptions,
  ExecOptions,
  KeptSnapshot,
  NewSandboxOptions,
  Options,
  ReportingOptions,
  RestoreOptions,
  RunOptions,
  SettingOptions,
  SnapshotOptions,
} from './options.js';
import { contextOf, openSession, reportTo, type Session } from './session.js';

export { DEFAULT_TTL } from './session.js';

/**
 * A cluster that a program has: `await using sandbox = await Sandbox.create('hadoop-hbase', { nodes: 1 })`. Every error
 * is a SandboxError, with `code`, `hint` and `exitCode`.
 */
export class Sandbox implements AsyncDisposable {
  readonly name: string;
  readonly #session: Session;
  /** The one attempt that made it: another sandbox of its name, made later, is not this one. */
  readonly #attempt: string;
  readonly #isOwn: boolean;
  #status: Status;

  private constructor(session: Session, record: SandboxRecord, isOwn: boolean) {
    this.name = record.sandbox.name;
    this.#session = session;
    this.#attempt = record.attempt;
    this.#isOwn = isOwn;
    this.#status = record.sandbox;
  }

  /** A new cluster, when every service of it answers. Whatever goes wrong, nothing of it is left. */
  static create(template: string, options: CreateOptions = {}): Promise<Sandbox> {
    const { nodes, set = [], with: releases = [], restart = 'no', cold = false } = options;
    const cluster = requestedCluster(template, { nodes, set, with: releases, restart });
    return Sandbox.#raise(options, (context, { values }, asked) =>
      createFromTemplate(context, values, { ...asked, cluster, cold }),
    );
  }

  /** A new cluster out of a snapshot, which is pulled where it is not here. */
  static restore(snapshot: string, options: RestoreOptions = {}): Promise<Sandbox> {
    const { mode = 'auto', trust = false } = options;
    return Sandbox.#raise(options, (context, { values }, asked) =>
      restoreByName(context, values, { ...asked, snapshot, mode, trust: async () => trust }),
    );
  }

  /** A sandbox that is there; it stays when this object is disposed of. Without a name: your only one. */
  static find(name?: string, options: Options & SettingOptions = {}): Promise<Sandbox> {
    return orGiveUp(options.signal, async () => {
      const session = await openSession(options);
      const record = await findSandbox(await session.engines(), name, session.values.owner);
      return new Sandbox(session, record, false);
    });
  }

  static #raise(
    options: NewSandboxOptions,
    raise: (
      context: Parameters<typeof createFromTemplate>[0],
      session: Session,
      asked: Omit<Parameters<typeof createFromTemplate>[2], 'cluster' | 'cold'>,
    ) => Promise<Status>,
  ): Promise<Sandbox> {
    const { signal = new AbortController().signal, onEvent, name, publish = [], keep = false, wait = true } = options;
    return asOwnErrors(signal, async () => {
      const session = await openSession(options);
      const { engines, user } = session;
      const context = { engines, report: reportTo(onEvent), signal };
      const raised = await raise(context, session, { name, publish, keep, wait, user });
      return new Sandbox(session, await findSandbox(await engines(), raised.name, user), true);
    });
  }

  /** Published ports, as they were when `create`, `find` or `status` looked. */
  get ports(): readonly PlacedPort[] {
    return this.#status.nodes.flatMap(({ name: node, ports }) => ports.map((port) => ({ node, ...port })));
  }

  /** Nodes and services, asked now. */
  status({ signal }: Options = {}): Promise<Status> {
    return orGiveUp(signal, async () => {
      this.#status = await inspectSandbox(await this.#session.engines(), await this.#find());
      return this.#status;
    });
  }

  /** Runs a command in a node. Whatever its exit code, it is a result and no error. */
  exec(command: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    const { signal, node, input, environment, workingDirectory } = options;
    return orGiveUp(signal, async () =>
      execInNode(await this.#session.engines(), await this.#find(), {
        node,
        command,
        options: {
          ...(signal && { signal }),
          ...(environment && { environment }),
          ...(workingDirectory !== undefined && { workingDirectory }),
          ...(input !== undefined && { stdin: Readable.from([Buffer.from(input)]) }),
        },
      }),
    );
  }

  /** Runs a program of this machine that has the sandbox's client config and its nodes' names; with SIGTERM if aborted. */
  run(command: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const { signal, names = 'auto', via = 'auto', onEvent, environment, workingDirectory } = options;
    return asOwnErrors(signal, async () => {
      const result = await runInKit(await this.#session.engines(), await this.#find(), {
        command,
        names,
        way: via,
        root: kitsFolder(process.env),
        environment: { ...process.env, ...environment },
        ...(workingDirectory !== undefined && { workingDirectory }),
        collect: true,
        report: reportTo(onEvent),
        onStart: (kill) => {
          const end = (): void => kill('SIGTERM');
          signal?.addEventListener('abort', end);
          if (signal?.aborted) end();
          return { [Symbol.dispose]: () => signal?.removeEventListener('abort', end) };
        },
      });
      signal?.throwIfAborted();
      return result;
    });
  }

  /** What a program of this machine needs to talk to the sandbox; to run one, `run` does more. */
  environment({ signal }: Options = {}): Promise<ClientEnvironment> {
    return orGiveUp(signal, async () => {
      const kit = await makeKit(await this.#session.engines(), await this.#find(), kitsFolder(process.env));
      const changes = enterKit(kit, process.env, { names: 'jvm', allJvms: false });
      return {
        variables: Object.fromEntries(
          [...changes].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
        folder: kit.folder,
        hosts: Object.fromEntries(kit.hosts.map(({ name, address }) => [name, address])),
        clientAddress: kit.clientAddress,
      };
    });
  }

  /** Keeps the cluster as it is this moment, with its memory where the engine can do that; it goes on. */
  snapshot(name: string, options: SnapshotOptions = {}): Promise<KeptSnapshot> {
    const { signal, mode = 'auto', note = '', redact = true, push = false } = options;
    return asOwnErrors(signal, async () => {
      const context = await contextOf(this.#session, options);
      const registry = push ? this.#session.values.registry : undefined;
      const taken = await takeAndPush(context, await this.#find(), { name, mode, note, redact }, registry);
      const { id, mode: taking, reason, createdAt, frozenMs, pushed } = taken;
      return { name, id, mode: taking, reason, createdAt, frozenMs, registry: pushed?.registry ?? null };
    });
  }

  /** Writes the evidence of the cluster into one file (tar.zst), for a bug report. */
  collect(file: string, options: CollectOptions = {}): Promise<Collected> {
    const { signal, force = false, redact = true } = options;
    return asOwnErrors(signal, async () => {
      const target = path.resolve(file);
      await mustBeNew(target, force);
      const context = await contextOf(this.#session, options);
      const { bytes, files, redacted, problems } = await collectEvidence(context, await this.#find(), {
        target,
        redact,
      });
      return { file: target, bytes, files, redacted, problems };
    });
  }

  /** Removes the cluster with its data; nothing happens when it is gone. @throws NotOwnerError for a found one of others */
  destroy(options: ReportingOptions = {}): Promise<void> {
    return orGiveUp(options.signal, async () => {
      const { user, values } = this.#session;
      const engines = await this.#session.engines();
      const [record] = await findSandboxes(engines, { attempt: this.#attempt });
      if (!record) return;
      if (!this.#isOwn) checkOwner(record, { owner: values.owner, user, force: false, command: 'destroy' });
      await destroySandboxes(engines, [record], reportTo(options.onEvent));
    });
  }

  /** The end of `await using`: a sandbox that was created or restored here is destroyed, one that was found stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOwn) await this.destroy();
  }

  async #find(): Promise<SandboxRecord> {
    const [record] = await findSandboxes(await this.#session.engines(), { attempt: this.#attempt });
    if (record) return record;
    throw new NotFoundError(`${this.name} is gone`, 'somebody destroyed it; create another one');
  }
}
