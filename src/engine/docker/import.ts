import type { Readable } from 'node:stream';
import { UsageError } from '../../errors/index.js';
import type { ImageImportOptions } from '../port.js';
import type { Connection } from './connection.js';
import { followLines } from './progress.js';
import { splitReference } from './reference.js';
import { upload } from './upload.js';

/**
 * A longer line ends the engine's reading of the lines without an error, so that the label and all behind it would be
 * lost in silence (engine 20.10: 65,535 bytes pass, 66,000 do not).
 */
const LONGEST_LINE = 65_535;
/** The engine refuses a request whose head has more than 1 MiB (status 431); the rest is for the other parameters. */
const LONGEST_QUERY = 2 ** 20 - 16_384;

/** @see Images.importRootFilesystem */
export async function importImage(
  connection: Connection,
  tar: Readable,
  { reference, signal, ...config }: ImageImportOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const changes = changesOf(config);
  const { repository, tag } = splitReference(reference);
  const about = { action: `import image ${reference}` };
  const query = {
    fromSrc: '-',
    repo: repository,
    tag,
    ...(changes.length > 0 && { changes }),
    ...(signal && { abortSignal: signal }),
  };
  try {
    await connection.ask(about, async (docker) => {
      await upload(
        docker,
        about.action,
        tar,
        (body) => docker.importImage(body, query),
        (answer) => followLines(answer, () => undefined, signal),
      );
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Nothing but Dockerfile lines can give an imported image its configuration. @throws UsageError */
function changesOf({ labels, entrypoint, environment = {} }: Omit<ImageImportOptions, 'reference'>): string[] {
  const assign = (instruction: string, values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).map(([name, value]) => {
      const line = `${instruction} ${quoted(name)}=${quoted(value)}`;
      if (Buffer.byteLength(line) <= LONGEST_LINE) return line;
      throw new UsageError(
        `${instruction} ${name} of an imported image is too long: ${Buffer.byteLength(line)} bytes`,
        `shorten its value: at most ${LONGEST_LINE} bytes, quotes, backslashes and dollar signs counted twice`,
      );
    });
  const changes = [
    ...assign('ENV', environment),
    // No variables are put in here, and JSON's quoting is the engine's own.
    ...(entrypoint ? [`ENTRYPOINT ${JSON.stringify(entrypoint)}`] : []),
    ...assign('LABEL', labels),
  ];
  const length = changes.reduce((sum, line) => sum + '&changes='.length + encodeURIComponent(line).length, 0);
  if (length > LONGEST_QUERY) {
    throw new UsageError(
      `the labels and environment of an imported image are too long: ${length} bytes in URL encoding`,
      `shorten them: at most ${LONGEST_QUERY} bytes all together`,
    );
  }
  return changes;
}

function quoted(text: string): string {
  if (/[\r\n]/.test(text)) {
    throw new UsageError(
      'a label or variable of an imported image has a line break',
      'take the line break out of the value',
    );
  }
  // Inside double quotes a Dockerfile still expands $ and honours backslashes.
  return `"${text.replace(/["\\$]/g, '\\$&')}"`;
}
