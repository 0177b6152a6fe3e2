import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import type { Input, ParserOutput } from '@oclif/core/interfaces';
import { type Config, type ConfigSources, loadConfig, sourcesOfProcess } from '../config/index.js';
import { asSandboxError, InterruptedError } from '../errors/index.js';
import type { FlowEvent, Report } from '../events/index.js';
import { programBehindDashes, splitAtDashes } from './dashes.js';
import { Interrupts } from './interrupts.js';
import { fromThrown } from './parse-error.js';
import { chooseMode } from './progress/progress.js';
import { startProgress } from './progress/start-progress.js';
import { renderErrorJson } from './render-error.js';
import { terminal } from './terminal.js';
import { visible, visibleJson } from './visible.js';
import { wantsJson } from './wants-json.js';
import { writeAtOnce, writeStdout } from './write.js';

/**
 * What all commands share. A command parses, calls the core once and returns the data; this class reports progress,
 * turns data into text or JSON, and carries a Ctrl-C. Errors go up to main(), the one place that prints them.
 */
export abstract class BaseCommand<T extends object> extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    quiet: boolean({ char: 'q', summary: 'Print names only, and no progress.', helpGroup: 'GLOBAL' }),
    'no-color': boolean({ summary: 'Print without colours, as with NO_COLOR.', helpGroup: 'GLOBAL' }),
  };

  /**
   * Whether the flow undoes what it did when `signal` is aborted. If so the run is awaited after the first Ctrl-C; if
   * not, it's given up at once.
   */
  static undoesOnInterrupt = false;

  /** For exec: the code of the program that ran inside. */
  exitCode = 0;

  /**
   * Set by a run that prints bit by bit until Ctrl-C, such as of followed logs: nothing comes at its end, and Ctrl-C is no
   * error to tell of. The exit code is 130 all the same.
   */
  protected follows = false;

  /**
   * Keys of the data with texts of several lines, such as a file or a script. Every other string is one line: whatever a
   * name from outside holds, render() gets it with its control characters made visible.
   */
  protected readonly texts: readonly string[] = [];

  /** Lines printed when a second Ctrl-C ends the program before everything is undone. */
  onSecondInterrupt: () => readonly string[] = () => [];

  readonly #interrupts = new Interrupts({ onFirst: () => this.#onFirst(), onSecond: () => this.#onSecond() });
  readonly #progress = startProgress(() =>
    chooseMode({
      quiet: this.#quiet,
      json: this.jsonEnabled(),
      env: process.env,
      stderrIsTerminal: process.stderr.isTTY,
    }),
  );
  #quiet = false;

  /** Does the work. What it returns is `data` of the JSON object, in which absent things are null, not undefined. */
  abstract override run(): Promise<T>;

  /** The same for people, without a line end. Nothing is printed for undefined. */
  protected abstract render(data: T): string | undefined | Promise<string | undefined>;

  /** What --quiet prints, one a line. */
  protected names(_data: T): readonly string[] {
    return [];
  }

  /** Aborted by the first Ctrl-C, a SIGTERM, a closed terminal, or a reader of stdout that went away. */
  protected get signal(): AbortSignal {
    return this.#interrupts.signal;
  }

  /** The command's own words, and those behind `--`: they belong to another program, and no parser of ours may touch them. */
  protected splitAtDashes(): { readonly own: string[]; readonly behind: string[] | undefined } {
    return splitAtDashes(this.argv);
  }

  /** The same for a command that is nothing without them. @throws UsageError with the line as it was probably meant */
  protected programBehindDashes(id: string, example: string): { readonly own: string[]; readonly behind: string[] } {
    const flags = { ...this.ctor.flags, ...this.ctor.baseFlags };
    return programBehindDashes(this.argv, { id, flags, example });
  }

  /** For a program of this machine that is run: signals go to it, and it decides when the end has come. */
  protected passSignalsTo(kill: (signal: NodeJS.Signals) => void): Disposable {
    return this.#interrupts.handOver((signal) => {
      // A terminal sends these to all programs in front of it, so the program has it already.
      const isFromTerminal = signal === 'SIGINT' || signal === 'SIGQUIT';
      if (!isFromTerminal || !terminal().present) kill(signal);
    });
  }

  /** Says what was held back and ends the drawing: the terminal belongs to a program that is run. Reports are over. */
  protected async freeTerminal(): Promise<void> {
    await this.#progress.end();
  }

  protected get report(): Report {
    return (event: FlowEvent) => this.#progress.report(event);
  }

  protected async loadConfig(flags: ConfigSources['flags'] = {}): Promise<Config> {
    return loadConfig(this.configSources(flags));
  }

  /** Who runs this: whose things a command may remove by itself. Not `--owner`, which may name somebody else. */
  protected async user(): Promise<string> {
    return (await this.loadConfig()).values.owner;
  }

  /** Where settings come from in this run. */
  protected configSources(flags: ConfigSources['flags'] = {}): ConfigSources {
    return sourcesOfProcess(flags);
  }

  /** For results that come bit by bit, such as followed logs. Waits while the reader is slower. */
  protected async write(text: string): Promise<void> {
    await writeStdout(text);
  }

  /** The same with --json: an object a line. */
  protected async writeJson(value: object): Promise<void> {
    await writeStdout(`${visibleJson(value)}\n`);
  }

  /** As at the end of a run; by itself for one that goes on. */
  protected async print(data: T): Promise<void> {
    if (this.jsonEnabled()) {
      await this.writeJson({ ok: true, data });
      return;
    }
    const shown = visible(data, this.texts);
    const text = this.#quiet ? this.names(shown).join('\n') : await this.render(shown);
    if (text !== undefined && text !== '') await writeStdout(`${text}\n`);
  }

  /** oclif would also take an environment variable for it (BDSANDBOX_CONTENT_TYPE), which nobody expects. */
  override jsonEnabled(): boolean {
    return wantsJson(this.argv);
  }

  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(options?: Input<F, B, A>, argv?: string[]): Promise<ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv);
    this.#quiet = (parsed.flags as { readonly quiet?: boolean }).quiet === true;
    return parsed;
  }

  /** Replaces oclif's own: that one prints only truthy JSON, in its own shape, and prints errors too. */
  protected override async _run<R>(): Promise<R> {
    const interrupts = this.#interrupts;
    process.stdout.once('error', (error) => interrupts.abort(error));
    let crash: { readonly error: unknown } | undefined;
    const onCrash = (error: unknown): void => {
      crash ??= { error };
      interrupts.abort(error);
    };
    // An error that came past everybody: what this run did is undone as after a Ctrl-C.
    process.on('uncaughtException', onCrash);
    try {
      await this.init();
      const data = await this.#runOrGiveUp();
      interrupts.settle();
      if (crash) this.report({ type: 'notice', level: 'warning', message: asSandboxError(crash.error).message });
      await this.#progress.end();
      if (data !== undefined && !this.follows) await this.print(data);
      process.exitCode = this.exitCode;
      return data as unknown as R;
    } catch (error) {
      interrupts.settle();
      await this.#progress.end();
      throw fromThrown(crash ? crash.error : error, {
        command: (this.id ?? '').replaceAll(':', ' '),
        flags: Object.keys({ ...this.ctor.flags, ...this.ctor.baseFlags, json: true }),
      });
    } finally {
      process.off('uncaughtException', onCrash);
    }
  }

  /** @returns undefined when a run that follows was ended by Ctrl-C */
  async #runOrGiveUp(): Promise<T | undefined> {
    const run = this.run();
    if ((this.ctor as typeof BaseCommand).undoesOnInterrupt) return run;
    const { signal } = this;
    const interrupted = new Promise<undefined>((resolve, reject) => {
      const giveUp = (): void => {
        if (this.follows && signal.reason instanceof InterruptedError) {
          this.exitCode = signal.reason.exitCode;
          resolve(undefined);
        } else {
          reject(signal.reason);
        }
      };
      // It may have come before the run began; then the event is over.
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
    });
    // Whichever loses the race may still fail, and nobody is left to hear of it.
    for (const promise of [run, interrupted]) promise.catch(() => undefined);
    return Promise.race([run, interrupted]);
  }

  #onFirst(): void {
    if (!(this.ctor as typeof BaseCommand).undoesOnInterrupt) return;
    const message = 'interrupted: undoing what this run did (Ctrl-C again to stop waiting)';
    this.#progress.report({ type: 'notice', level: 'warning', message });
  }

  /** Synchronous to the end: nothing that's still under way may hold it up. */
  #onSecond(): void {
    const lines = this.onSecondInterrupt();
    const error = new InterruptedError('interrupted before everything was undone', lines.at(-1) ?? 'bdsandbox prune');
    if (this.jsonEnabled()) writeAtOnce('stdout', renderErrorJson(error));
    writeAtOnce('stderr', ['', `bdsandbox: ${error.message}`, ...lines.map((line) => `  ${line}`), ''].join('\n'));
    process.exit(error.exitCode);
  }
}
