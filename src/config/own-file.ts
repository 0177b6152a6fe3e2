import { UsageError } from '../errors/index.js';

/** Whom to trust is nobody else's to say, and a project's file comes with the project. */
export function notOfProject(file: string): UsageError {
  return new UsageError(
    `${file}: trusted.registries counts in your own settings alone`,
    'bdsandbox config set trusted.registries HOST:PORT',
  );
}
