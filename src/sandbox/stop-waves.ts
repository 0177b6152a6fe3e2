/** A node with the stop order of those of its services that are to end. */
interface Ordered {
  readonly orders: ReadonlyMap<string, number>;
}

/** What ends at once, on all nodes. */
export type StopWave<N> = readonly { readonly node: N; readonly services: readonly string[] }[];

/**
 * A node ends its own services in their order, but does not know of the others': HBase of one node closes its regions
 * only as long as HDFS of all nodes answers. So what has the highest order ends first, on all nodes, and then the next.
 */
export function stopWavesOf<N extends Ordered>(nodes: readonly N[]): StopWave<N>[] {
  const waves = [...new Set(nodes.flatMap(({ orders }) => [...orders.values()]))].sort((a, b) => b - a);
  return waves.map((wave) =>
    nodes.flatMap((node) => {
      const services = [...node.orders].flatMap(([name, order]) => (order === wave ? [name] : []));
      return services.length === 0 ? [] : [{ node, services }];
    }),
  );
}
