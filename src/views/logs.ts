import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from '../look/index.js';
import { stdoutColors } from '../ui/index.js';

const PREFIX_COLORS = [
  'cyan',
  'magenta',
  'blue',
  'green',
  'cyanBright',
  'magentaBright',
  'blueBright',
  'greenBright',
] as const;

/** Each line of an entry with NODE/SERVICE before it, as wide as the widest; ends with a line end. */
export async function logPrinter(
  nodes: readonly { readonly name: string; readonly services: readonly string[] }[],
): Promise<(line: LogLine) => string> {
  const colors = await stdoutColors();
  const services = [...new Set(nodes.flatMap((node) => node.services))];
  const width = Math.max(0, ...nodes.flatMap((node) => node.services.map((each) => `${node.name}/${each}`.length)));
  const isSeen = process.stdout.isTTY;
  return ({ node, service, level, text }) => {
    const color = PREFIX_COLORS[services.indexOf(service) % PREFIX_COLORS.length] ?? 'cyan';
    const prefix = colors[color](`${node}/${service}`.padEnd(width));
    return text
      .split('\n')
      .map((line) => `${prefix} ${painted(isSeen ? harmless(line) : line)}\n`)
      .join('');

    function painted(line: string): string {
      if (level === 'WARN') return colors.yellow(line);
      return level === 'ERROR' || level === 'FATAL' ? colors.red(line) : line;
    }
  };
}

/** What a program logs is not ours to trust with a terminal. */
function harmless(line: string): string {
  return stripVTControlCharacters(line).replace(/(?!\t)\p{Cc}/gu, '');
}
