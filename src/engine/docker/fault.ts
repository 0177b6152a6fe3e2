import { field, textField } from './docker-config.js';

/** What was being asked of the engine when it failed; completes the sentence "cannot ...". */
export interface About {
  readonly action: string;
  /** Set where a registry takes part: an unreachable host is the registry then, not the engine. */
  readonly registry?: string;
  /** Further lines for the details of the error. */
  readonly details?: readonly string[];
}

export interface Fault {
  readonly about: About;
  /** Name of the engine's endpoint. */
  readonly endpoint: string;
  /** HTTP status; undefined when no answer came or the error came inside a stream. */
  readonly status: number | undefined;
  /** e.g. ECONNREFUSED */
  readonly errno: string | undefined;
  /** The engine's own words. */
  readonly message: string;
  readonly cause: unknown;
}

const LOST_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** A missing or forbidden file has the same codes as a missing or forbidden socket; only the system call differs. */
export function isLostConnection({ status, errno, cause }: Fault): boolean {
  if (status !== undefined || errno === undefined) return false;
  return LOST_CONNECTION.has(errno) || textField(cause, 'syscall') === 'connect';
}

export function readFault(thrown: unknown, about: About, endpoint: string): Fault {
  const status = field(thrown, 'statusCode');
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    about,
    endpoint,
    status: typeof status === 'number' ? status : undefined,
    errno: textField(thrown, 'code'),
    // The client wraps the engine's words: "(HTTP code 409) unexpected - WORDS".
    message: (textField(thrown, 'json', 'message') ?? text.replace(/^\(HTTP code \d+\) [^-]* - /, '')).trim(),
    cause: thrown,
  };
}
