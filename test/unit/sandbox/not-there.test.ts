import { expect, test } from 'vitest';
import {
  execInNode,
  findSandbox,
  findServices,
  parseCondition,
  selectSandboxes,
  waitForSandbox,
} from '../../../src/sandbox/index.js';
import { cluster } from './agents.js';
import { contextOf } from './fixture.js';

const { engine } = await cluster(['demo', 'other']);
const context = contextOf(engine);
const { engines } = context;

const find = (name: string, owner = 'ann'): Promise<unknown> => findSandbox(engines, name, owner);
const select = (name: string): Promise<unknown> =>
  selectSandboxes(engines, { which: { names: [name] }, user: 'ann', owner: 'ann', force: false, command: 'stop' });
const services = (...words: string[]): Promise<unknown> =>
  findServices(engines, { words, owner: 'ann', services: 'required' });
const exec = async (node: string): Promise<unknown> =>
  execInNode(engines, await findSandbox(engines, 'demo', 'ann'), { node, command: ['true'], options: {} });
const wait = async (text: string): Promise<unknown> =>
  waitForSandbox(context, await findSandbox(engines, 'demo', 'ann'), {
    conditions: [parseCondition(text)],
    timeoutMs: 1000,
  });

const NODES = 'its nodes are: node1, node2, node3';

test.each<[string, () => Promise<unknown>, string, string]>([
  ['a sandbox', () => find('dmo'), 'there is no sandbox dmo; did you mean "demo"?', 'yours are: demo, other'],
  [
    'one of another owner',
    () => find('dmo', 'bob'),
    'there is no sandbox dmo; did you mean "demo"?',
    'create it: bdsandbox create hadoop-hbase dmo',
  ],
  ['nothing like it', () => find('hbase'), 'there is no sandbox hbase', 'yours are: demo, other'],
  [
    'one that is to be changed',
    () => select('othre'),
    'there is no sandbox othre; did you mean "other"?',
    'yours are: demo, other',
  ],
  ['a node', () => exec('nod1'), 'demo has no node nod1; did you mean "node1"?', NODES],
  ['a service for a node', () => exec('table'), 'demo has no node table', 'table is a service; write demo/node2'],
  [
    'a service without its node',
    () => services('demo/table', 'store'),
    'demo has no node table',
    'table is a service; write demo/node2/table',
  ],
  [
    'a service',
    () => services('demo', 'stoer'),
    'demo has no service stoer; did you mean "store"?',
    'its services are: store, names, master, table',
  ],
  [
    'a service of a node',
    () => services('demo/node2', 'tabel'),
    'demo/node2 has no service tabel; did you mean "table"?',
    'its services are: store, table',
  ],
  [
    'a service to wait for',
    () => wait('service=stroe'),
    'demo has no service stroe; did you mean "store"?',
    'its services are: store, names, master, table',
  ],
  ['a node to wait for', () => wait('service=nodo2/store'), 'demo has no node nodo2; did you mean "node2"?', NODES],
  [
    'a service on a node to wait for',
    () => wait('service=node2/stroe'),
    'demo/node2 has no service stroe; did you mean "store"?',
    'its services are: store, table',
  ],
])('%s', async (_, act, message, hint) => {
  await expect(act()).rejects.toMatchObject({ code: 'NOT_FOUND', message, hint });
});
