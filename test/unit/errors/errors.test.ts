import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as errors from '../../../src/errors/index.js';
import { asSandboxError, BugError, EXIT_CODES, NotFoundError, SandboxError } from '../../../src/errors/index.js';

const CLASSES = [
  [errors.FailedError, 'FAILED', 1],
  [errors.UsageError, 'USAGE', 2],
  [errors.TemplateError, 'TEMPLATE_INVALID', 2],
  [errors.NotFoundError, 'NOT_FOUND', 3],
  [errors.EngineUnreachableError, 'ENGINE_UNREACHABLE', 4],
  [errors.ConflictError, 'CONFLICT', 5],
  [errors.NotOwnerError, 'NOT_OWNER', 5],
  [errors.PortTakenError, 'PORT_TAKEN', 5],
  [errors.PartlyDoneError, 'PARTLY_DONE', 6],
  [errors.TimedOutError, 'TIMED_OUT', 69],
  [errors.InterruptedError, 'INTERRUPTED', 130],
  [errors.EngineFailedError, 'ENGINE_FAILED', 1],
  [errors.ImageBuildError, 'IMAGE_BUILD_FAILED', 1],
  [errors.RegistryError, 'REGISTRY_FAILED', 1],
  [errors.RegistryUnreachableError, 'REGISTRY_UNREACHABLE', 1],
  [errors.DiskFullError, 'DISK_FULL', 1],
  [errors.ServiceFailedError, 'SERVICE_FAILED', 1],
  [errors.CommandNotFoundError, 'COMMAND_NOT_FOUND', 127],
  [errors.NotExecutableError, 'NOT_EXECUTABLE', 126],
  [errors.BugError, 'BUG', 1],
] as const;

describe('the error family', () => {
  it.each(CLASSES.map(([make, code, exitCode]) => ({ make, name: make.name, code, exitCode })))(
    '$name has code $code and exit code $exitCode, and keeps what it is given',
    ({ make, name, code, exitCode }) => {
      const cause = new Error('inner');
      const error = new make('what happened', 'what to do', { cause, details: ['one', 'two'] });
      expect(error).toBeInstanceOf(SandboxError);
      expect(error).toMatchObject({
        name,
        code,
        exitCode,
        message: 'what happened',
        hint: 'what to do',
        details: ['one', 'two'],
        cause,
      });
    },
  );

  it('has no class and no code beyond these', () => {
    const classes = Object.values(errors).filter(
      (value) => typeof value === 'function' && value.prototype instanceof SandboxError,
    );
    expect(new Set(classes)).toEqual(new Set(CLASSES.map(([make]) => make)));
    expect(Object.keys(EXIT_CODES).sort()).toEqual(CLASSES.map(([, code]) => code).sort());
  });

  it('has the exit codes of docs/reference/exit-codes.md', async () => {
    const page = await readFile(new URL('../../../docs/reference/exit-codes.md', import.meta.url), 'utf8');
    const [table = ''] = page.split('## ');
    const documented = [...table.matchAll(/^\| (\d+) +\|([^|]*)\|/gm)].flatMap(([, exitCode, codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(exitCode)]),
    );
    expect(Object.fromEntries(documented)).toEqual(EXIT_CODES);
  });

  it('has neither cause nor details when none are given', () => {
    const error = new NotFoundError('gone', 'look elsewhere');
    expect('cause' in error).toBe(false);
    expect(error.details).toEqual([]);
  });
});

describe('asSandboxError', () => {
  it('leaves one of the family as it is', () => {
    const own = new NotFoundError('gone', 'look elsewhere');
    expect(asSandboxError(own)).toBe(own);
  });

  it.each([
    ['an error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'out of cheese', 'out of cheese'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object', { a: 1 }, '[object Object]'],
  ])('calls %s a bug of ours and keeps it as the cause', (_, thrown, message) => {
    const error = asSandboxError(thrown);
    expect(error).toBeInstanceOf(BugError);
    expect(error.message).toBe(`unexpected error: ${message}`);
    expect(error.hint).toContain('BDSANDBOX_DEBUG=1');
    expect(error.cause).toBe(thrown);
  });
});
