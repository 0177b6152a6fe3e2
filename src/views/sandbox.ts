import type { CreatedSandbox, NodePort, Sandbox, SandboxNode, SandboxStatus } from '../sandbox/index.js';
import type { RestoredSandbox } from '../snapshot/index.js';
import { ago, bytes, duration, prose, stdoutColumns, type TableOptions, table, until } from '../ui/index.js';
import { figureLines, wrapFigures } from './figures.js';
import { waysThere, whereTitle } from './reach.js';
import { SERVICE_COLUMNS } from './services.js';
import { nextSteps, shownState } from './state.js';

/** Of lines of figures in a pipe. */
const WIDTH = 80;

export async function sandboxTable(sandboxes: readonly Sandbox[], options: TableOptions = {}): Promise<string> {
  if (sandboxes.length === 0) return 'No sandboxes. Create one: bdsandbox create hadoop-hbase';
  const rows = await table(
    [
      'NAME',
      'STATE',
      { title: 'TEMPLATE', drop: 4 },
      { title: 'NODES', align: 'right', drop: 3 },
      { title: 'OWNER', drop: 2 },
      { title: 'HOST', drop: 1 },
      'CREATED',
      'EXPIRES',
    ],
    sandboxes.map((sandbox) => [
      sandbox.name,
      shownState(sandbox),
      sandbox.template,
      String(sandbox.nodes.length),
      sandbox.owner,
      sandbox.host,
      ago(sandbox.createdAt),
      sandbox.expiresAt === null ? 'never' : until(sandbox.expiresAt),
    ]),
    options,
  );
  const next = nextSteps(sandboxes);
  return [rows, ...(next.length > 0 ? ['', ...next] : [])].join('\n');
}

export async function sandboxStatus(sandbox: SandboxStatus, options: TableOptions = {}): Promise<string> {
  const services = await table(
    SERVICE_COLUMNS,
    sandbox.nodes.flatMap((node) =>
      node.services.map((service, index) => [
        index === 0 ? node.name : '',
        service.name,
        service.state,
        service.pid === null ? '-' : String(service.pid),
        service.since === null ? '-' : ago(service.since),
        service.detail,
      ]),
    ),
    options,
  );
  const nodes = await table(
    [
      'NODE',
      'STATE',
      { title: 'ADDRESS', drop: 2 },
      { title: 'CPU', align: 'right' },
      { title: 'MEMORY', align: 'right' },
      { title: 'CONTAINER', drop: 1 },
    ],
    sandbox.nodes.map((node) => [node.name, node.state, node.address, cpu(node), memory(node), node.container]),
    options,
  );
  const width = options.width ?? stdoutColumns() ?? WIDTH;
  const asIs = (text: string): string => text;
  const figures = wrapFigures(figureLines(sandbox), width, { title: asIs, bad: asIs });
  return [
    prose(headline(sandbox), options),
    ...nextSteps([sandbox], true),
    '',
    ...(figures.length > 0 ? [...figures, ''] : []),
    nodes,
    '',
    services,
    '',
    await portTable(sandbox, options),
  ].join('\n');
}

/** What a person needs after create and restore: where things are, and what to try. */
export async function sandboxSummary(
  sandbox: CreatedSandbox | RestoredSandbox,
  options: TableOptions = {},
): Promise<string> {
  const { name } = sandbox;
  const total = sandbox.timings['total'] ?? 0;
  const nodes = await table(
    ['NODE', { title: 'SERVICES', flexible: 'wrap' }],
    sandbox.nodes.map((node) => [node.name, node.services.map((service) => service.name).join(' ')]),
    options,
  );
  const ready = sandbox.state === 'running' ? 'ready' : sandbox.state;
  return [
    prose(
      `${name} is ${ready} after ${duration(total)}: ${sandbox.template}, ${countNodes(sandbox)}${originOf(sandbox)}.`,
      options,
    ),
    ...whyCold(sandbox).map((line) => prose(line, options)),
    '',
    nodes,
    '',
    await portTable(sandbox, options),
    '',
    'Try next:',
    ...suggestions(sandbox).map((line) => `  ${line}`),
  ].join('\n');
}

function originOf(sandbox: CreatedSandbox | RestoredSandbox): string {
  if ('mode' in sandbox) return `, ${sandbox.mode} from snapshot ${sandbox.parentSnapshot}`;
  return sandbox.startedFrom === 'golden' ? ', from a golden snapshot' : '';
}

/** What took how long, in the order in which it ended. */
export function timingsTable(timings: Readonly<Record<string, number>>): Promise<string> {
  return table(
    ['PHASE', 'TOOK'],
    Object.entries(timings).map(([phase, ms]) => [phase, duration(ms)]),
  );
}

function whyCold(sandbox: CreatedSandbox | RestoredSandbox): string[] {
  if (!('mode' in sandbox) || sandbox.mode === 'live') return [];
  const because = sandbox.reason === '' ? '' : `: ${sandbox.reason}`;
  return [`Its services started anew from their files, without the memory they had${because}.`];
}

export function headline(sandbox: Sandbox): string {
  const expiry = sandbox.expiresAt === null ? 'never expires' : `expires ${until(sandbox.expiresAt)}`;
  const origin = sandbox.parentSnapshot === null ? '' : ` from snapshot ${sandbox.parentSnapshot}`;
  return `${sandbox.name} is ${shownState(sandbox)}: ${sandbox.template}, ${countNodes(sandbox)}, of ${sandbox.owner} on ${sandbox.host}, created ${ago(sandbox.createdAt)}${origin}, ${expiry}`;
}

function countNodes({ nodes }: Sandbox): string {
  return nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;
}

/** Web pages as URLs, the rest as addresses. */
export async function portTable(sandbox: Sandbox, options: TableOptions = {}): Promise<string> {
  const rows = sandbox.nodes.flatMap((node) => node.ports.map((port) => ({ node, port })));
  const byKind = (wanted: boolean): string[][] =>
    rows.filter(({ port }) => (port.url !== null) === wanted).map(({ node, port }) => portRow(node, port));
  const { name, host } = sandbox;
  const shown = await table(
    ['SERVICE', 'NODE', 'PORT', whereTitle(host)],
    [...byKind(true), ...byKind(false)],
    options,
  );
  return [shown, ...(rows.length > 0 ? waysThere(name, host) : [])].join('\n');
}

function portRow(node: SandboxNode, port: NodePort): string[] {
  return [`${port.service} ${port.name}`, node.name, String(port.container), port.url ?? port.host];
}

function suggestions(sandbox: Sandbox): string[] {
  const has = (service: string): boolean =>
    sandbox.nodes.some((node) => node.services.some(({ name }) => name === service));
  return [
    ...(has('namenode') ? [`bdsandbox exec ${sandbox.name} -- hdfs dfs -ls /`] : []),
    ...(has('hmaster') ? [`bdsandbox exec ${sandbox.name} -- hbase shell`] : []),
    `bdsandbox status ${sandbox.name}`,
    `bdsandbox destroy ${sandbox.name}`,
  ];
}

function cpu({ cpuPercent }: SandboxNode): string {
  return cpuPercent === null ? '-' : `${cpuPercent.toFixed(1)} %`;
}

function memory({ memoryBytes }: SandboxNode): string {
  return memoryBytes === null ? '-' : bytes(memoryBytes);
}
