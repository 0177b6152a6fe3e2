import { Readable } from 'node:stream';

/**
 * Blocks as a stream. Unlike with Readable.from, whoever gives it up does not wait for a block that may never come.
 * @param onGivenUp ends what they come from; called at each end
 */
export function streamOf(blocks: AsyncGenerator<Buffer>, onGivenUp: () => void = () => undefined): Readable {
  const next = async (): Promise<Buffer | null> => {
    for (;;) {
      const { done, value } = await blocks.next();
      if (done) return null;
      if (value.length > 0) return value;
    }
  };
  return new Readable({
    read() {
      next().then(
        (block) => void this.push(block),
        (error: Error) => void this.destroy(error),
      );
    },
    destroy(error, done) {
      onGivenUp();
      blocks.return(undefined).catch(() => undefined);
      done(error);
    },
  });
}
