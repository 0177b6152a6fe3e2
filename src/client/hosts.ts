/** A name of a node, and where this machine reaches it. */
export interface Host {
  readonly name: string;
  readonly address: string;
}

/**
 * For a JVM's jdk.net.hosts.file. Such a JVM asks nothing else for names, so it has to have this machine's own ones too.
 * @param self this machine's name, with the address that the nodes can call back
 */
export function jvmHosts(nodes: readonly Host[], self: Host): string {
  const own = [{ name: 'localhost', address: '127.0.0.1' }, self];
  const taken = new Set(nodes.map(({ name }) => name));
  return linesOf([...nodes, ...own.filter(({ name }) => !taken.has(name))]);
}

/** This machine's /etc/hosts with the nodes in it: a node's name means the node there, and nothing else. */
export function systemHosts(nodes: readonly Host[], current: string): string {
  const taken = new Set(nodes.map(({ name }) => name));
  const rest = current.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!names.some((name) => taken.has(name))) return [line];
    const others = names.filter((name) => !taken.has(name));
    return others.length === 0 ? [] : [`${address} ${others.join(' ')}`];
  });
  return linesOf(nodes) + rest.join('\n');
}

function linesOf(hosts: readonly Host[]): string {
  return hosts.map(({ name, address }) => `${address} ${name}\n`).join('');
}
