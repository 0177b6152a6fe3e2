import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk';

/**
 * Colours for one of the two streams, since one may be a pipe while the other is a terminal. NO_COLOR (no-color.org)
 * wins over FORCE_COLOR: who sets both has set the first one for everything and the second one for a single tool.
 */
export function colorsFor(stream: 'stdout' | 'stderr'): ChalkInstance {
  const support = stream === 'stdout' ? supportsColor : supportsColorStderr;
  const wanted = (process.env['NO_COLOR'] ?? '') === '' && support !== false;
  return new Chalk({ level: wanted ? support.level : 0 });
}
