import type { ChalkInstance } from 'chalk';

/** Colours for what goes to standard output; none where nobody looks at it. Loaded by whoever paints. */
export async function stdoutColors(): Promise<ChalkInstance> {
  return (await import('./colors.js')).colorsFor('stdout');
}
