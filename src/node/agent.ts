import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { Engine } from '../engine/index.js';
import { BugError, FailedError, NotFoundError } from '../errors/index.js';
import type { NodeSight, ServiceStatus } from './protocol.js';

export const AGENT = '/usr/lib/bdsandbox/node';

export type WaitOutcome = 'ready' | 'failed' | 'timed-out';

/** Waits inside a node for its services. */
export interface Waiter {
  /**
   * Until all services are ready, one has failed, or the time is over.
   * @param onChange hears the state of each service at the call, and every change
   */
  wait(timeoutMs: number, onChange: (status: ServiceStatus) => void, signal?: AbortSignal): Promise<WaitOutcome>;
}

/** Speaks to the agent inside one node, through the engine's exec. The contract is docs/explanation/node.md. */
export class NodeAgent implements Waiter {
  readonly #engine: Engine;
  readonly #container: string;

  constructor(engine: Engine, container: string) {
    this.#engine = engine;
    this.#container = container;
  }

  /** Every service of the node with its state, asked now. */
  async services(): Promise<ServiceStatus[]> {
    const { stdout } = await this.#run(['services']);
    return understood(stdout, (await protocol()).serviceStatusesSchema);
  }

  /** The same, with what the node's processes use, over a twentieth of a second or more, and the services' figures. */
  async sight(): Promise<NodeSight> {
    const { stdout } = await this.#run(['sight']);
    return understood(stdout, (await protocol()).sightSchema);
  }

  /** @param only these services; all of the node's when empty */
  async wait(
    timeoutMs: number,
    onChange: (change: ServiceStatus) => void,
    signal?: AbortSignal,
    only: readonly string[] = [],
  ): Promise<WaitOutcome> {
    const changes = await Changes.heardBy(onChange);
    const output = new PassThrough();
    const line = new PassThrough();
    const lines = createInterface({ input: output });
    lines.on('line', (line) => changes.hear(line));
    const seconds = waitSeconds(timeoutMs);
    const linesEnded = new Promise<void>((resolve) => lines.once('close', resolve));
    try {
      const end = await this.#engine.containers.exec(this.#container, [AGENT, 'wait', seconds, ...only], {
        stdout: output,
        // Never said anything: its end tells the agent that nobody waits any more. Those of older images do not look.
        stdin: line,
        environment: { BDSANDBOX_LINE: 'stdin' },
        ...(signal ? { signal } : {}),
      });
      output.end();
      await linesEnded;
      return changes.outcome(end);
    } finally {
      output.end();
      line.end();
    }
  }

  /** Starts these services at once, and returns when their processes are there. What runs is left alone. */
  async start(services: readonly string[]): Promise<void> {
    await this.#run(['start', ...services]);
  }

  /** Stops these services at once, and returns when they have ended. A process that does not end in time is killed. */
  async stop(services: readonly string[]): Promise<void> {
    await this.#run(['stop', ...services]);
  }

  /** Of each service: those with the highest number stop first when the sandbox ends. */
  async orders(): Promise<Map<string, number>> {
    const { stdout } = await this.#run(['orders']);
    const words = stdout.split('\n').map((line) => line.split(' '));
    return new Map(words.flatMap(([name = '', order]) => (name === '' ? [] : [[name, Number(order) || 0] as const])));
  }

  /** The newest lines of a service's output and log. */
  async log(service: string, lines: number): Promise<string[]> {
    const { stdout } = await this.#run(['log', service, String(lines)]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async #run(command: readonly string[]): Promise<{ stdout: string }> {
    const result = await this.#engine.containers.exec(this.#container, [AGENT, ...command]);
    if (result.exitCode === 0) return result;
    const said = lastLine(result.stderr);
    if (result.exitCode === 126 || result.exitCode === 127) {
      throw new NotFoundError(
        `the container has no node agent (${said})`,
        'its image is not one of bdsandbox: destroy the sandbox and create it again',
      );
    }
    throw new FailedError(`the node's agent failed at '${command.join(' ')}': ${said}`, 'run bdsandbox status');
  }
}

/** For the command line of `wait`. */
export function waitSeconds(timeoutMs: number): string {
  return String(Math.max(1, Math.ceil(timeoutMs / 1000)));
}

/** What `wait` says line by line, and what its end means. */
export class Changes {
  readonly #onChange: (change: ServiceStatus) => void;
  readonly #schema: Schema<ServiceStatus>;
  #broken: BugError | undefined;

  private constructor(schema: Schema<ServiceStatus>, onChange: (change: ServiceStatus) => void) {
    this.#schema = schema;
    this.#onChange = onChange;
  }

  static async heardBy(onChange: (change: ServiceStatus) => void): Promise<Changes> {
    return new Changes((await protocol()).serviceStatusSchema, onChange);
  }

  hear(line: string): void {
    const change = parseChange(line, this.#schema);
    if (change instanceof BugError) this.#broken ??= change;
    else if (change) this.#onChange(change);
  }

  /** @throws BugError for a line that was none, FailedError when the agent failed */
  outcome({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): WaitOutcome {
    if (this.#broken) throw this.#broken;
    if (exitCode === 0) return 'ready';
    if (exitCode === 1) return 'failed';
    if (exitCode === 69) return 'timed-out';
    throw new FailedError(
      `the node's agent ended with ${exitCode}: ${lastLine(stderr)}`,
      'look at the node: docker logs of its container',
    );
  }
}

function parseChange(line: string, schema: Schema<ServiceStatus>): ServiceStatus | BugError | undefined {
  if (line.trim() === '') return undefined;
  try {
    return understood(line, schema);
  } catch (error) {
    if (error instanceof BugError) return error;
    throw error;
  }
}

interface Schema<T> {
  parse(value: unknown): T;
}

/** @throws BugError */
function understood<T>(text: string, schema: Schema<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new BugError(`the node's agent said something unexpected: ${text}`, 'report this line', { cause });
  }
}

/** Schemas are slow to load, and `ls` asks no node. */
export function protocol(): Promise<typeof import('./protocol.js')> {
  return import('./protocol.js');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
