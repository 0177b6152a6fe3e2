export { closest, didYouMean } from './closest.js';
export { quote } from './quote.js';

/**
 * The error family. Every error a user can meet is one of these: what happened, the exit code scripts rely on, and
 * what to do next. The hint is a required argument so that nobody forgets it; at best it is a command line to paste.
 */
export type ErrorCode =
  | 'FAILED'
  | 'USAGE'
  | 'TEMPLATE_INVALID'
  | 'NOT_FOUND'
  | 'ENGINE_UNREACHABLE'
  | 'CONFLICT'
  | 'NOT_OWNER'
  | 'PORT_TAKEN'
  | 'PARTLY_DONE'
  | 'TIMED_OUT'
  | 'INTERRUPTED'
  | 'ENGINE_FAILED'
  | 'IMAGE_BUILD_FAILED'
  | 'REGISTRY_FAILED'
  | 'REGISTRY_UNREACHABLE'
  | 'DISK_FULL'
  | 'SERVICE_FAILED'
  | 'COMMAND_NOT_FOUND'
  | 'NOT_EXECUTABLE'
  | 'BUG';

/** The documented exit code of each error code (docs/reference/exit-codes.md). */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  FAILED: 1,
  USAGE: 2,
  TEMPLATE_INVALID: 2,
  NOT_FOUND: 3,
  ENGINE_UNREACHABLE: 4,
  CONFLICT: 5,
  NOT_OWNER: 5,
  PORT_TAKEN: 5,
  PARTLY_DONE: 6,
  TIMED_OUT: 69,
  INTERRUPTED: 130,
  ENGINE_FAILED: 1,
  IMAGE_BUILD_FAILED: 1,
  REGISTRY_FAILED: 1,
  REGISTRY_UNREACHABLE: 1,
  DISK_FULL: 1,
  SERVICE_FAILED: 1,
  COMMAND_NOT_FOUND: 127,
  NOT_EXECUTABLE: 126,
  BUG: 1,
};

/** @param details further lines a person wants to see, such as the last lines of a log; never needed to understand the message */
export interface ErrorOptions {
  readonly cause?: unknown;
  readonly details?: readonly string[];
}

export abstract class SandboxError extends Error {
  abstract readonly code: ErrorCode;
  readonly hint: string;
  readonly details: readonly string[];

  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = hint;
    this.details = options.details ?? [];
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** Something outside our control did not work, and no narrower class fits. */
export class FailedError extends SandboxError {
  readonly code = 'FAILED';
}

/** The command line, the environment or a config file says something that cannot be. */
export class UsageError extends SandboxError {
  readonly code = 'USAGE';
}

/** A component or cluster template does not fit its schema; the message names file, line and field. */
export class TemplateError extends SandboxError {
  readonly code = 'TEMPLATE_INVALID';
}

export class NotFoundError extends SandboxError {
  readonly code = 'NOT_FOUND';
}

export class EngineUnreachableError extends SandboxError {
  readonly code = 'ENGINE_UNREACHABLE';
}

/** A name is taken, or a thing is busy; nothing was changed. */
export class ConflictError extends SandboxError {
  readonly code = 'CONFLICT';
}

export class NotOwnerError extends SandboxError {
  readonly code = 'NOT_OWNER';
}

export class PortTakenError extends SandboxError {
  readonly code = 'PORT_TAKEN';
}

/** Some of the things asked for were done; the message says which were not. */
export class PartlyDoneError extends SandboxError {
  readonly code = 'PARTLY_DONE';
}

export class TimedOutError extends SandboxError {
  readonly code = 'TIMED_OUT';
}

export class InterruptedError extends SandboxError {
  readonly code = 'INTERRUPTED';
}

/** The engine answered with an error that is none of the above. */
export class EngineFailedError extends SandboxError {
  readonly code = 'ENGINE_FAILED';
}

export class ImageBuildError extends SandboxError {
  readonly code = 'IMAGE_BUILD_FAILED';
}

/** The registry answered, and refused. */
export class RegistryError extends SandboxError {
  readonly code = 'REGISTRY_FAILED';
}

export class RegistryUnreachableError extends SandboxError {
  readonly code = 'REGISTRY_UNREACHABLE';
}

export class DiskFullError extends SandboxError {
  readonly code = 'DISK_FULL';
}

/** A service of a sandbox did not start; `details` holds the last lines of its log. */
export class ServiceFailedError extends SandboxError {
  readonly code = 'SERVICE_FAILED';
}

/** A program of this machine that is to be run is not there; the exit code is a shell's. */
export class CommandNotFoundError extends SandboxError {
  readonly code = 'COMMAND_NOT_FOUND';
}

/** It is there, and is no program that this user may run. */
export class NotExecutableError extends SandboxError {
  readonly code = 'NOT_EXECUTABLE';
}

/** We made a mistake: the one error that asks for a report. */
export class BugError extends SandboxError {
  readonly code = 'BUG';
}

/** Any thrown value as a member of the family. */
export function asSandboxError(thrown: unknown): SandboxError {
  if (thrown instanceof SandboxError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BugError(`unexpected error: ${message}`, 'run again with BDSANDBOX_DEBUG=1 and report the stack trace', {
    cause: thrown,
  });
}
