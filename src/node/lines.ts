import { StringDecoder } from 'node:string_decoder';

/** The lines of a stream, without their ends. Only \n ends a line: logs have other signs of that kind in them. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  for await (const chunk of stream) {
    const [first = '', ...others] = decoder.write(chunk).split('\n');
    rest.push(first);
    if (others.length === 0) continue;
    yield rest.join('');
    rest = [others.pop() ?? ''];
    yield* others;
  }
  const last = rest.join('') + decoder.end();
  if (last !== '') yield last;
}
