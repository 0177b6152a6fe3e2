import type { Progress } from './progress.js';

/** Warnings alone. */
export function createQuietProgress(stream: NodeJS.WritableStream): Progress {
  return {
    report: (event) => {
      if (event.type === 'notice' && event.level === 'warning') stream.write(`warning: ${event.message}\n`);
    },
    end: async () => undefined,
  };
}
