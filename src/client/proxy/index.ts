import type { Engines } from '../../engine/index.js';
import type { Report } from '../../events/index.js';
import type { SandboxRecord } from '../../sandbox/index.js';
import type { Connect } from '../connect.js';
import { type RunRequest, type RunResult, runProgram } from '../run.js';
import { openWay, throughEngine, type Way } from '../way.js';
import { dialer } from './dial.js';
import { openProxy } from './open.js';
import { placesOf } from './places.js';

/** A proxy for HTTP and SOCKS 5 that leads to the nodes of one sandbox alone. */
export interface SandboxProxy {
  /** ADDRESS:PORT */
  readonly listens: string;
  readonly way: 'direct' | 'tunnel';
  close(): void;
}

export interface ProxyRequest {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly way: Way;
  readonly report: Report;
  /** How nodes are reached; by TCP when absent. */
  readonly connect?: Connect;
}

/** @throws as openWay; PortTakenError, UsageError, FailedError when it cannot listen there */
export async function proxySandbox(
  engines: Engines,
  record: SandboxRecord,
  { address, port, way, report, ...options }: ProxyRequest,
): Promise<SandboxProxy> {
  const open = await openWay(engines, record, { way, ...options });
  const warn = (message: string): void => report({ type: 'notice', level: 'warning', message });
  if (open.isTunnel && way === 'auto') warn(throughEngine(record));
  try {
    const home = homeOf(record);
    const proxy = await openProxy(dialer(placesOf(engines, record, open)), { address, port, home });
    if (!/^(127\.|::1$|localhost$)/.test(address)) {
      warn(`whoever reaches ${address} reaches the nodes of ${record.sandbox.name}, which ask for no password`);
    }
    return {
      listens: `${address.includes(':') ? `[${address}]` : address}:${proxy.port}`,
      way: open.isTunnel ? 'tunnel' : 'direct',
      close: () => {
        proxy.close();
        open.close();
      },
    };
  } catch (error) {
    open.close();
    throw error;
  }
}

/**
 * Runs a program of this machine that goes through the proxy, if it heeds the usual variables. All name HTTP: not every
 * program that reads all_proxy can do SOCKS, and some end with an error then.
 */
export function runBehind(proxy: SandboxProxy, request: Omit<RunRequest, 'wrap'>): Promise<RunResult> {
  const url = `http://${proxy.listens}`;
  const own = { http_proxy: url, https_proxy: url, all_proxy: url, no_proxy: 'localhost,127.0.0.1,::1' };
  const both = Object.entries(own).flatMap(([name, value]) => [
    [name, value],
    [name.toUpperCase(), value],
  ]);
  const environment = { ...request.environment, ...Object.fromEntries(both) };
  return runProgram({ ...request, environment, wrap: (words) => words });
}

/** What a browser shows that opens the proxy itself. */
function homeOf({ sandbox }: SandboxRecord): string {
  const pages = sandbox.nodes.flatMap((node) =>
    node.ports.flatMap(({ service, container, url }) =>
      url === null ? [] : [`  http://${node.name}:${container}/  (${service})`],
    ),
  );
  return [`An HTTP and SOCKS 5 proxy to the nodes of sandbox ${sandbox.name}. Through it:`, ...pages].join('\n');
}
