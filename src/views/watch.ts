import type { NodeService, Watched, WatchedNode } from '../sandbox/index.js';
import { ago, bytes, stdoutColors, type TerminalSize, table } from '../ui/index.js';
import { figureLines, wrapFigures } from './figures.js';
import { headline } from './sandbox.js';
import { shownState } from './state.js';

type Colors = Awaited<ReturnType<typeof stdoutColors>>;

/** From here on there is room for PIDs, or for the names of a node's services. */
const WIDE = 120;

/** A screen of one sandbox. All services where there is room for them, else those that are not ready. */
export async function watchScreen(sight: Watched, { columns, rows }: TerminalSize): Promise<string[]> {
  const colors = await stdoutColors();
  const paint = { title: colors.bold, bad: colors.red };
  const clock = `${sight.at.toISOString().slice(11, 19)} UTC`;
  const head = wholeParts(headline(sight), columns - clock.length - 2);
  const all = sight.nodes.flatMap((node) => node.services.map((service) => ({ node, service })));
  const top = [
    colors.bold(head) + ' '.repeat(Math.max(2, columns - head.length - clock.length)) + colors.dim(clock),
    '',
    ...wrapFigures(figureLines(sight), columns, paint),
    '',
  ];
  // Beside both: the nodes' own head, a line between, the services' head, and the last two lines.
  const room = rows - top.length - sight.nodes.length - 5;
  const hasRoom = all.length <= room;
  top.push(...(await nodeTable(sight.nodes, columns, { colors, withNames: columns >= WIDE && !hasRoom })), '');
  if (hasRoom) return [...top, ...(await serviceTable(all, columns, colors)), '', colors.dim('q ends')];
  const unready = all.filter(({ service }) => service.state !== 'ready');
  const ready = `${all.length - unready.length} services are ready${unready.length === 0 ? '' : `, ${unready.length} not:`}`;
  const bottom =
    unready.length === 0 ? [] : await serviceTable(unready.slice(0, Math.max(1, room - 1)), columns, colors);
  return [...top, ready, ...bottom, '', colors.dim('q ends; a higher window shows all services')];
}

/** The same for a log: a line for each thing, with the time before it. Services only when something about them changed. */
export function watchPrinter(): (sight: Watched) => string[] {
  const before = new Map<string, string>();
  return (sight) => {
    const { name, nodes, at } = sight;
    const services = nodes.flatMap((node) => node.services.map((service) => ({ node, service })));
    const changed = services.flatMap(({ node, service: { name: service, state, detail } }) => {
      const key = `${node.name}/${service}`;
      const text = `${key} ${state}: ${detail}`;
      // Details of what is ready are numbers that come and go.
      const news = state === 'ready' ? state : text;
      const isNew = before.get(key) !== news;
      before.set(key, news);
      return isNew ? [text] : [];
    });
    const count = services.filter(({ service }) => service.state === 'ready').length;
    return [
      `${name} ${shownState(sight)}: ${count} of ${services.length} services ready`,
      ...figureLines(sight).map(({ title, items }) => `${title}: ${items.map(({ text }) => text).join(', ')}`),
      ...nodes.map((node) => {
        const [cpu, memory, disk, received, sent] = figuresOf(node);
        return `${node.name} ${node.state}: CPU ${cpu}, memory ${memory}, disk ${disk}, in ${received}/s, out ${sent}/s`;
      }),
      ...changed,
    ].map((line) => `${at.toISOString().slice(0, 19)}Z ${line}`);
  };
}

/** As much of a sentence, from comma to comma, as there is room for. */
function wholeParts(sentence: string, columns: number): string {
  let text = sentence;
  while (text.length > columns && text.includes(', ')) text = text.slice(0, text.lastIndexOf(', '));
  return text;
}

async function nodeTable(
  nodes: readonly WatchedNode[],
  columns: number,
  { colors, withNames }: { readonly colors: Colors; readonly withNames: boolean },
): Promise<string[]> {
  const numbers = ['CPU', 'MEMORY', 'DISK', 'IN/S', 'OUT/S'].map((title) => ({ title, align: 'right' as const }));
  const text = await table(
    ['NODE', 'STATE', ...numbers, 'READY', ...(withNames ? [{ title: 'SERVICES', flexible: 'cut' as const }] : [])],
    nodes.map((node) => [
      node.name,
      painted(node.state, colors),
      ...figuresOf(node),
      readyOf(node, colors),
      ...(withNames ? [node.services.map((service) => shortly(service, colors)).join(' ')] : []),
    ]),
    { width: columns },
  );
  return withDimHead(text, colors);
}

async function serviceTable(
  services: readonly { readonly node: WatchedNode; readonly service: NodeService }[],
  columns: number,
  colors: Colors,
): Promise<string[]> {
  const isWide = columns >= WIDE;
  const text = await table(
    ['NODE', 'SERVICE', 'STATE', ...(isWide ? ['PID'] : []), 'SINCE', { title: 'DETAIL', flexible: 'cut' as const }],
    services.map(({ node, service: { name, state, pid, since, detail } }, index) => [
      services[index - 1]?.node === node ? '' : node.name,
      name,
      painted(state, colors),
      ...(isWide ? [pid === null ? '-' : String(pid)] : []),
      since === null ? '-' : ago(since),
      detail,
    ]),
    { width: columns },
  );
  return withDimHead(text, colors);
}

function withDimHead(text: string, colors: Colors): string[] {
  const [head = '', ...rows] = text.split('\n');
  return [colors.dim(head), ...rows];
}

/** CPU, memory, disk, received and sent. */
function figuresOf(node: WatchedNode): [string, string, string, string, string] {
  const size = (count: number | null): string => (count === null ? '-' : bytes(count));
  return [
    node.cpuPercent === null ? '-' : `${Math.round(node.cpuPercent)} %`,
    size(node.memoryBytes),
    size(node.diskBytes),
    size(node.receivedPerSecond),
    size(node.sentPerSecond),
  ];
}

function readyOf({ services }: WatchedNode, colors: Colors): string {
  const ready = services.filter(({ state }) => state === 'ready').length;
  const text = `${ready} of ${services.length}`;
  return ready === services.length ? text : colors.red(text);
}

function shortly({ name, state }: NodeService, colors: Colors): string {
  return state === 'ready' ? name : `${name} (${painted(state, colors)})`;
}

/** The word says it all; colours that can be read on a light and on a dark ground. */
function painted(state: string, colors: Colors): string {
  if (state === 'running' || state === 'ready') return colors.green(state);
  return state === 'failed' || state === 'dead' ? colors.red(state) : colors.magenta(state);
}
