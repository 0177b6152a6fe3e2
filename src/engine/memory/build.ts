import { readFile } from 'node:fs/promises';
import { ImageBuildError, NotFoundError } from '../../errors/index.js';
import type { ImageBuildSpec, Images } from '../port.js';
import { FileTree } from './file-tree.js';
import { draftImage, type ImageDraft, type MemoryImage, makeImage } from './image.js';
import { emptyInput } from './programs.js';
import { imageOf, type World } from './world.js';

/**
 * As much of a Dockerfile as tests of flows need: FROM, COPY and ADD of single files, ENV, CMD, ENTRYPOINT, and RUN
 * through the registered programs as `/bin/sh -c LINE`. A RUN that nobody registered succeeds and does nothing, for
 * real Dockerfiles go through here whose steps are of no interest to a flow. Other instructions do nothing.
 */
export async function buildImage(
  world: World,
  spec: ImageBuildSpec,
  { onProgress, signal }: Parameters<Images['build']>[1],
): Promise<MemoryImage> {
  const context = new FileTree();
  for (const entry of spec.context) context.write(entry);
  for (const { path, source } of spec.contextFiles ?? []) {
    const content = await readFile(source).catch((cause: unknown) => {
      throw new NotFoundError(`cannot read ${source}`, 'check the path and its permissions', { cause });
    });
    context.write({ path, content });
  }
  const steps = stepsOf(context.read('Dockerfile')?.toString() ?? '', spec);
  if (steps.length === 0) throw failure(spec, 'the Dockerfile is missing or empty', []);

  const output: string[] = [];
  let image = draftImage();
  let hasCommand = false;
  for (const [index, { instruction, value }] of steps.entries()) {
    signal?.throwIfAborted();
    const title = `${instruction} ${value}`;
    output.push(`Step ${index + 1}/${steps.length} : ${title}`);
    onProgress?.({ message: `step ${index + 1}/${steps.length}: ${title}` });
    image = await apply(image, instruction, value);
  }
  return makeImage(world, { ...image, labels: { ...image.labels, ...spec.labels } });

  async function apply(before: ImageDraft, instruction: string, value: string): Promise<ImageDraft> {
    switch (instruction) {
      case 'FROM':
        return startFrom(value);
      case 'COPY':
      case 'ADD':
        copy(before, value);
        return before;
      case 'ENV':
        return { ...before, environment: { ...before.environment, ...assignment(value) } };
      case 'CMD':
        hasCommand = true;
        return { ...before, command: commandOf(value) };
      case 'ENTRYPOINT':
        // The base's command was meant for the base's entrypoint.
        return { ...before, entrypoint: commandOf(value), ...(!hasCommand && { command: undefined }) };
      case 'RUN':
        await run(before, value);
        return before;
      default:
        return before;
    }
  }

  function startFrom(value: string): ImageDraft {
    const [reference = ''] = value.split(/\s+/);
    if (reference === 'scratch') return draftImage();
    const base = imageOf(world, reference);
    if (!base) throw failure(spec, `pull access denied for ${reference}, repository does not exist`, output);
    const { labels, environment, entrypoint, command } = base;
    return draftImage({ labels, environment, entrypoint, command, files: base.files.copy(), base });
  }

  function copy(image: ImageDraft, value: string): void {
    const [source = '', target = ''] = value.split(/\s+/).filter((word) => !word.startsWith('--'));
    const content = context.read(source);
    if (content === undefined && !context.has(source)) {
      throw failure(spec, `COPY failed: file not found in build context: ${source}`, output);
    }
    if (content) image.files.write({ path: target.endsWith('/') ? `${target}${source}` : target, content });
  }

  async function run(image: ImageDraft, line: string): Promise<void> {
    const command = ['/bin/sh', '-c', line];
    const program = world.programs.find(command);
    if (!program) return;
    const take = async (text: string | Buffer): Promise<void> => {
      output.push(...text.toString().split('\n').filter(Boolean));
    };
    const { files } = image;
    const exitCode = await program({
      command,
      environment: { ...image.environment, ...spec.arguments },
      workingDirectory: undefined,
      stdin: emptyInput(),
      container: { id: '', name: 'build', labels: {} },
      files: {
        read: (path) => files.read(path),
        write: (path, content) => files.write({ path, content }),
        has: (path) => files.has(path),
        remove: (path) => files.remove(path),
        makeFolder: (path, time) => files.makeFolder(path, time),
      },
      killed: signal ?? new AbortController().signal,
      stdout: take,
      stderr: take,
    });
    if (exitCode)
      throw failure(spec, `The command '${command.join(' ')}' returned a non-zero code: ${exitCode}`, output);
  }
}

function failure(spec: ImageBuildSpec, message: string, output: readonly string[]): ImageBuildError {
  return new ImageBuildError(`image ${spec.reference} does not build: ${message}`, 'correct the Dockerfile', {
    details: output.slice(-20),
  });
}

/** Lines joined at their backslashes, without comments, with build arguments put in. */
function stepsOf(dockerfile: string, spec: ImageBuildSpec): { readonly instruction: string; readonly value: string }[] {
  const lines = dockerfile
    .replace(/^\s*#.*$/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  return lines.flatMap((line) => {
    const [, instruction = '', value = ''] = /^\s*(\w+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (instruction === '') return [];
    const filled = value.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => spec.arguments[name] ?? whole);
    return [{ instruction: instruction.toUpperCase(), value: filled }];
  });
}

function assignment(value: string): Record<string, string> {
  const [, name = '', text = ''] = /^(\w+)[=\s]"?(.*?)"?$/.exec(value) ?? [];
  return name === '' ? {} : { [name]: text };
}

function commandOf(value: string): readonly string[] {
  if (!value.startsWith('[')) return ['/bin/sh', '-c', value];
  const words: unknown = JSON.parse(value);
  return Array.isArray(words) ? words.map(String) : [];
}
