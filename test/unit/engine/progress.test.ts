import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { BuildOutput, followLines, layerProgress } from '../../../src/engine/docker/progress.js';
import type { TransferProgress } from '../../../src/engine/index.js';

const lines = (...parsed: unknown[]): Buffer => Buffer.from(parsed.map((line) => JSON.stringify(line)).join('\r\n'));

describe('followLines', () => {
  test('lines split anywhere, a multi-byte letter included', async () => {
    const bytes = lines({ stream: 'grün' }, { stream: 'b' });
    const seen: unknown[] = [];
    const chunks = [...bytes].map((byte) => Buffer.from([byte]));
    await followLines(Readable.from(chunks), (line) => seen.push(line), undefined);
    expect(seen).toEqual([{ stream: 'grün' }, { stream: 'b' }]);
  });

  test('an error among the lines is thrown', async () => {
    const stream = Readable.from([
      lines({ status: 'x' }, { errorDetail: { message: 'manifest unknown' }, error: 'short' }),
    ]);
    await expect(followLines(stream, () => undefined, undefined)).rejects.toThrow('manifest unknown');
  });

  test('abort gives the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const followed = followLines(new Readable({ read: () => undefined }), () => undefined, controller.signal);
    controller.abort(reason);
    await expect(followed).rejects.toBe(reason);
  });
});

test('layerProgress counts layers and bytes', () => {
  const seen: TransferProgress[] = [];
  const take = layerProgress((progress) => seen.push(progress));
  take({ status: 'Pulling from library/x', id: 'latest' });
  take({ status: 'Already exists', id: 'a' });
  take({ status: 'Pulling fs layer', id: 'b' });
  take({ status: 'Downloading', id: 'b', progressDetail: { current: 5, total: 10 } });
  take({ status: 'Pull complete', id: 'b' });
  expect(seen.slice(-2)).toEqual([
    { message: '1 of 2 layers', doneBytes: 5, totalBytes: 10 },
    { message: '2 of 2 layers', doneBytes: 10, totalBytes: 10 },
  ]);
});

test('BuildOutput joins pieces of lines, drops colours and keeps the last 20', () => {
  const messages: string[] = [];
  const output = new BuildOutput(({ message }) => messages.push(message));
  output.take({ stream: 'Step 2/3 : RUN make' });
  output.take({ stream: '\n' });
  output.take({ stream: ' ---> Running in 1234\n' });
  output.take({ stream: '\u001b[31mred' });
  output.take({ stream: ' line\u001b[0m\n' });
  expect(messages).toEqual(['step 2/3: RUN make', 'step 2/3: red line']);
  for (let line = 0; line < 30; line += 1) output.take({ stream: `line ${line}\n` });
  output.take({ stream: 'unfinished' });
  expect(output.lastLines).toHaveLength(20);
  expect(output.lastLines.at(-1)).toBe('unfinished');
});
