import type { LogLine } from '../look/index.js';
import { stdoutColors, visible, visibleText } from '../ui/index.js';

/** Of 256, those that are as readable on white as on black; yellow and the bright ones of the 16 are not. */
const PREFIX_COLORS = [31, 133, 64, 66, 62, 97, 125, 95] as const;
const WARNING_COLOR = 130;
/** Where a terminal has 16; magenta is for warnings. */
const FEW_COLORS = ['cyan', 'blue', 'green'] as const;

/** Each line of an entry with NODE/SERVICE before it, as wide as the widest; ends with a line end. */
export async function logPrinter(
  nodes: readonly { readonly name: string; readonly services: readonly string[] }[],
): Promise<(line: LogLine) => string> {
  const colors = await stdoutColors();
  const services = [...new Set(nodes.flatMap((node) => node.services))];
  const width = Math.max(0, ...nodes.flatMap((node) => node.services.map((each) => `${node.name}/${each}`.length)));
  return ({ node, service, level, text }) => {
    const prefix = colorOf(services.indexOf(service))(visible(`${node}/${service}`).padEnd(width));
    // What a program logs is not ours to trust with a terminal, nor what reads a pipe: that is often one too.
    return visibleText(text)
      .split('\n')
      .map((line) => `${prefix} ${painted(line)}\n`)
      .join('');

    function painted(line: string): string {
      if (level === 'WARN') return (colors.level < 2 ? colors.magenta : colors.ansi256(WARNING_COLOR))(line);
      return level === 'ERROR' || level === 'FATAL' ? colors.red(line) : line;
    }
  };

  function colorOf(index: number): (text: string) => string {
    if (colors.level < 2) return colors[FEW_COLORS[index % FEW_COLORS.length] ?? FEW_COLORS[0]];
    return colors.ansi256(PREFIX_COLORS[index % PREFIX_COLORS.length] ?? PREFIX_COLORS[0]);
  }
}
