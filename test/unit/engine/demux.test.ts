import { describe, expect, test } from 'vitest';
import { Demux } from '../../../src/engine/docker/demux.js';

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

const read = (chunks: readonly Buffer[]): { stdout: string; stderr: string } => {
  const demux = new Demux();
  const result = { stdout: '', stderr: '' };
  for (const chunk of chunks)
    for (const { stream, data } of demux.push(chunk)) result[stream] += data.toString('latin1');
  return result;
};

const whole = Buffer.concat([frame(1, 'first '), frame(2, 'oops'), frame(1, ''), frame(3, '!'), frame(1, 'second')]);

describe('demux', () => {
  test('several frames in one chunk, an empty one among them', () => {
    expect(read([whole])).toEqual({ stdout: 'first second', stderr: 'oops!' });
  });

  test.each([1, 2, 3, 5, 7, 8, 9, 13])('chunks of %i bytes', (size) => {
    const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
      whole.subarray(index * size, (index + 1) * size),
    );
    expect(read(chunks)).toEqual({ stdout: 'first second', stderr: 'oops!' });
  });

  test('hands on what is there before a frame is whole', () => {
    const demux = new Demux();
    const parts = [...demux.push(frame(1, 'a long line').subarray(0, 12))];
    expect(parts.map(({ data }) => data.toString())).toEqual(['a lo']);
  });
});
