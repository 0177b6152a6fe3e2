import type { Report } from '../../events/index.js';

/** One way of showing a flow. */
export interface Progress {
  readonly report: Report;
  /** Ends the drawing; afterwards the streams are free for the result or the error. May be called without any event. */
  end(): Promise<void>;
}

export type ProgressMode = 'live' | 'plain' | 'quiet';

export interface ProgressChoice {
  readonly quiet: boolean;
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly stderrIsTerminal: boolean;
}

export function chooseMode({ quiet, json, env, stderrIsTerminal }: ProgressChoice): ProgressMode {
  if (quiet) return 'quiet';
  // CI services set CI to true or 1, some people switch it off with false; several give jobs a pseudo terminal.
  const ci = !['', '0', 'false'].includes(env['CI'] ?? '');
  return json || ci || !stderrIsTerminal || env['TERM'] === 'dumb' ? 'plain' : 'live';
}
