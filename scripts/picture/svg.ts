// Frames of a terminal as an SVG that plays them, in CSS alone: pictures in a README run no script. It has a background
// of its own, so it is as readable on a light page as on a dark one.
import type { Frame } from './terminal.ts';

export interface PictureOptions {
  readonly columns: number;
  readonly rows: number;
  readonly title: string;
  /** How long the last frame stays before it begins again. */
  readonly lastMs: number;
  readonly colors?: Colors;
}

interface Colors {
  readonly background: string;
  readonly text: string;
  /** The 16 of ANSI: black, red, green, yellow, blue, magenta, cyan, white, then the bright ones. */
  readonly ansi: readonly string[];
}

const DARK: Colors = {
  background: '#161b22',
  text: '#d0d7de',
  ansi: [
    ...['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'],
    ...['#8b949e', '#ffa198', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#ffffff'],
  ],
};

const CELL = { width: 8.4, height: 18, font: 14 };
const MARGIN = 16;
const BAR = 30;
const BLOCK_ROWS = 5;

export function toSvg(
  frames: readonly Frame[],
  { columns, rows, title, lastMs, colors = DARK }: PictureOptions,
): string {
  const width = round(columns * CELL.width + 2 * MARGIN);
  const height = rows * CELL.height + BAR + MARGIN;
  const totalMs = (frames.at(-1)?.atMs ?? 0) + lastMs;
  const parts = new Parts();
  const film = frames.map(({ lines }, index) => `<svg x="${round(index * width)}">${screenOf(lines, parts)}</svg>`);
  const steps = frames.map(
    ({ atMs }, index) => `${round((100 * atMs) / totalMs)}%{transform:translateX(${-round(index * width)}px)}`,
  );
  const last = `translateX(${-round((frames.length - 1) * width)}px)`;
  const style = [
    `text{font:${CELL.font}px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:${colors.text};white-space:pre}`,
    ...colors.ansi.map((color, index) => `.c${index}{fill:${color}}`),
    '.b{font-weight:bold}.d{opacity:.65}.i{font-style:italic}.u{text-decoration:underline}',
    // Where nothing moves, the last frame is shown.
    `#film{transform:${last}}`,
    `@keyframes play{${steps.join('')}}`,
    `@media (prefers-reduced-motion:no-preference){#film{animation:play ${totalMs}ms step-end infinite}}`,
  ];
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xml:space="preserve" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${style.join('\n')}</style>`,
    '<defs>',
    ...parts.all,
    '</defs>',
    `<rect width="${width}" height="${height}" rx="8" fill="${colors.background}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, index) => `<circle cx="${18 + 18 * index}" cy="16" r="5" fill="${fill}"/>`,
    ),
    `<svg x="${MARGIN}" y="${BAR}" width="${round(columns * CELL.width)}" height="${rows * CELL.height}"><g id="film">`,
    ...film,
    '</g></svg>',
    '</svg>',
  ].join('\n')}\n`;
}

/** What is drawn is written once, however often it is shown: a frame mostly shows what the one before did. */
class Parts {
  readonly all: string[] = [];
  readonly #ids = new Map<string, string>();

  /** Its id; drawn when it is new. */
  add(content: string): string {
    const known = this.#ids.get(content);
    if (known !== undefined) return known;
    const id = `p${this.#ids.size.toString(36)}`;
    this.#ids.set(content, id);
    this.all.push(`<g id="${id}">${content}</g>`);
    return id;
  }
}

/** In blocks of rows, most of which stay from frame to frame. */
function screenOf(lines: readonly string[], parts: Parts): string {
  const blocks = Array.from({ length: Math.ceil(lines.length / BLOCK_ROWS) }, (_, index) =>
    lines.slice(index * BLOCK_ROWS, (index + 1) * BLOCK_ROWS),
  );
  return placed(
    blocks.map((rows) => placed(rows.map(lineToSvg), 1, parts)),
    BLOCK_ROWS,
    parts,
  );
}

function placed(contents: readonly string[], rowsEach: number, parts: Parts): string {
  const uses = contents.map((content, index) =>
    content === '' ? '' : `<use href="#${parts.add(content)}" y="${index * rowsEach * CELL.height}"/>`,
  );
  return uses.join('');
}

interface Run {
  readonly text: string;
  readonly column: number;
  readonly classes: readonly string[];
}

/** Each run at its own column and width, so that any font keeps the columns. */
function lineToSvg(line: string): string {
  return runsOf(line)
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, column, classes }) => {
      const names = classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
      const place = `x="${round(column * CELL.width)}" y="${CELL.font}" textLength="${round([...text].length * CELL.width)}"`;
      return `<text ${place}${names}>${escapeXml(text)}</text>`;
    })
    .join('');
}

/** Splits at the escape sequences of colours (SGR); tmux gives no others. */
export function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let style: Style = {};
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith('\u001b')) {
      style = part
        .slice(2, -1)
        .split(';')
        .reduce((before, code) => restyle(before, Number(code)), style);
    } else if (part !== '') {
      runs.push({ text: part, column, classes: classesOf(style) });
      column += [...part].length;
    }
  }
  return runs;
}

interface Style {
  readonly color?: number | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
}

function restyle(style: Style, code: number): Style {
  if (code === 0) return {};
  if (code >= 30 && code <= 37) return { ...style, color: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, color: code - 82 };
  switch (code) {
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: true };
    case 22:
      return { ...style, bold: false, dim: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 39:
      return { ...style, color: undefined };
    default:
      return style;
  }
}

function classesOf({ color, bold, dim, italic, underline }: Style): string[] {
  return [
    ...(color === undefined ? [] : [`c${color}`]),
    ...(bold ? ['b'] : []),
    ...(dim ? ['d'] : []),
    ...(italic ? ['i'] : []),
    ...(underline ? ['u'] : []),
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
