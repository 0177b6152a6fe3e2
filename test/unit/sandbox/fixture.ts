import type { Engines } from '../../../src/engine/index.js';
import { MemoryEngine, type MemoryEngineOptions, memoryEngines } from '../../../src/engine/memory/index.js';
import { silent } from '../../../src/events/index.js';
import type { ImageRecipe } from '../../../src/images/index.js';
import { BARE } from '../../../src/node/index.js';
import type { Plan, PlannedNode } from '../../../src/plan/index.js';
import type { CreateRequest, FlowContext } from '../../../src/sandbox/index.js';

export const AGENT = '/usr/lib/bdsandbox/node';
const IMAGE = 'bdsandbox/tiny:1';

export const recipe: ImageRecipe = {
  kind: 'cluster',
  name: 'tiny',
  digest: '1',
  reference: IMAGE,
  context: [],
  contextFiles: [],
  arguments: {},
  parents: {},
  labels: {},
};

export function tinyPlan(nodes = 3): Plan {
  return {
    schemaVersion: 1,
    template: 'tiny',
    topology: 'cluster',
    components: [{ name: 'tiny', version: '1' }],
    nodes: Array.from({ length: nodes }, (_, i) => tinyNode(i + 1)),
    startOrder: ['echo'],
    readyTimeoutMs: 1000,
    settings: [],
    restart: 'no',
    digest: 'plan-digest',
  };
}

function tinyNode(index: number): PlannedNode {
  return {
    name: `node${index}`,
    index,
    address: `10.255.0.${index}`,
    group: 'node',
    services: [
      {
        name: 'echo',
        component: 'tiny',
        log: '/var/log/bdsandbox/echo.log',
        hint: 'look at it',
        ports: [{ name: 'web', port: 8080, protocol: 'http', publish: index === 1, path: '/' }],
      },
    ],
    files: [{ path: '/etc/bdsandbox/plan.json', content: '{}', mode: 0o644 }],
  };
}

/** A memory engine with the image, whose nodes become ready at once. */
export function tinyEngine(options: MemoryEngineOptions = {}): MemoryEngine {
  return new MemoryEngine(options)
    .addImage(IMAGE)
    .when([AGENT, 'wait'], async ({ stdout }) => {
      await stdout('{"name":"echo","state":"starting","pid":7,"since":null,"detail":"not yet"}\n');
      await stdout('{"name":"echo","state":"ready","pid":7,"since":null,"detail":"ok"}\n');
      return 0;
    })
    .when([AGENT, 'services'], async ({ stdout }) => {
      await stdout('[{"name":"echo","state":"ready","pid":1001,"since":"2026-01-01T00:00:00Z","detail":"ok"}]\n');
    })
    .when([AGENT, 'log'], async ({ stdout }) => {
      await stdout('one\ntwo\n');
    })
    .when('/init', ({ killed }) => new Promise((resolve) => killed.addEventListener('abort', () => resolve())));
}

/** Its nodes cannot tell what is mounted, and have a tar that writes what `cp` brings. */
export function withNodeTar(engine: MemoryEngine): MemoryEngine {
  return engine.when([...BARE, 'perl'], async ({ command, container, stdin }) => {
    const [, , script = '', folder = ''] = command.slice(BARE.length);
    if (script.includes('mountinfo')) return 127;
    await engine.containers.writeArchive(container.id, Buffer.from(folder, 'hex').toString(), stdin);
    return 0;
  });
}

export function contextOf(engine: MemoryEngine, more: Partial<FlowContext> = {}): FlowContext & { engines: Engines } {
  return { engines: memoryEngines(engine), report: silent, now: eachLater, ...more };
}

let latest = 0;
/** An engine in memory does several things in a millisecond, and records are in the order of their time. */
function eachLater(): Date {
  latest = Math.max(Date.now(), latest + 1);
  return new Date(latest);
}

export function request(more: Partial<CreateRequest> = {}): CreateRequest {
  return {
    name: 'demo',
    plan: tinyPlan(),
    image: recipe,
    owner: 'ann',
    timeoutMs: 1000,
    registry: '127.0.0.1:5000',
    networkPool: '10.213.0.0/16',
    publish: { address: '127.0.0.1', services: [] },
    keep: false,
    wait: true,
    ...more,
  };
}
