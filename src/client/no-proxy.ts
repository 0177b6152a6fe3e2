import type { Host } from './hosts.js';
import type { Shell } from './shell.js';

/** Programs read the one or the other, or both in an order of their own. */
const LISTS = [
  ['no_proxy', 'NO_PROXY'],
  ['NO_PROXY', 'no_proxy'],
] as const;

/** How options of a JVM name a proxy, and the list of hosts that it reaches without one. */
const JVM_PROXIES = [
  { proxy: /(?:^|[\s"'])-D(?:https?|ftp)\.proxyHost=/, list: 'http.nonProxyHosts' },
  { proxy: /(?:^|[\s"'])-DsocksProxyHost=/, list: 'socksNonProxyHosts' },
];
/** Of both, when nobody says anything: "Networking Properties" in the JDK's package java.net. */
const USUAL = 'localhost|127.*|[::1]';

/**
 * A proxy on the way to other machines knows nothing of the nodes. So they are added to the lists that programs go by, and
 * to every variable whose options lead a JVM to a proxy.
 * @param own the environment without a kit
 */
export function pastProxies(
  hosts: readonly Host[],
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const nodes = entriesOf(hosts);
  if (nodes.length === 0) return {};
  const lists = LISTS.map(([name, other]) => [name, extended(own[name] ?? own[other] ?? '', nodes)] as const);
  const options = Object.entries(own).flatMap(([name, value = '']) => {
    const added = JVM_PROXIES.filter(({ proxy }) => proxy.test(value)).map(({ list }) => {
      const said = [...value.matchAll(new RegExp(`-D${list}=(["']?)([^\\s"']*)\\1`, 'g'))].at(-1)?.[2];
      // The last one of a name counts.
      return `-D${list}=${[...new Set([...(said ?? USUAL).split('|'), ...nodes])].join('|')}`;
    });
    return added.length === 0 ? [] : [[name, [value, ...added].join(' ')] as const];
  });
  return Object.fromEntries([...lists, ...options]);
}

/** Lines that add the nodes to the lists that a shell has, once. */
export function pastProxyLines(shell: Shell, hosts: readonly Host[]): string[] {
  const nodes = entriesOf(hosts).join(',');
  if (nodes === '') return [];
  return LISTS.map(([name, other]) =>
    shell === 'fish'
      ? `set -q ${name}; or set -gx ${name} "$${other}"; string match -q -- '*,${nodes},*' ",$${name},"; or set -gx ${name} (string trim -l -c , -- "$${name},${nodes}")`
      : `export ${name}="\${${name}-\${${other}-}}"; case ",$${name}," in *,${nodes},*) ;; *) ${name}="\${${name}:+$${name},}${nodes}" ;; esac`,
  );
}

function entriesOf(hosts: readonly Host[]): string[] {
  return hosts.flatMap(({ name, address }) => [name, address]);
}

/** A star means all there is, and only alone. */
function extended(list: string, nodes: readonly string[]): string {
  const there = list.split(',').flatMap((entry) => entry.trim() || []);
  return there.length === 1 && there[0] === '*' ? '*' : [...new Set([...there, ...nodes])].join(',');
}
