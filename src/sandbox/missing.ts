import type { Engine } from '../engine/index.js';
import { indexOf, sandboxNameOf, unfinishedState } from './inventory.js';
import { LABELS, resourceName } from './labels.js';

/**
 * What of sandboxes is gone though nobody destroyed them, such as by `docker container prune`, a sentence each. One that
 * is being made has not all of it yet, and is left out.
 */
export async function missingParts(engine: Engine): Promise<string[]> {
  const [containers, networks, volumes, images] = await Promise.all([
    engine.containers.list({ [LABELS.attempt]: '' }),
    engine.networks.list({ [LABELS.attempt]: '' }),
    engine.volumes.list({ [LABELS.attempt]: '' }),
    engine.images.list({ [LABELS.memory]: '' }),
  ]);
  // Where there are none the label is empty, as on images of a snapshot.
  const made = containers.filter(({ labels }) => labels[LABELS.attempt] !== '' && !isBeingMade(labels));
  const byAttempt = Map.groupBy(made, ({ labels }) => labels[LABELS.attempt] ?? '');
  const ofNodes = [...byAttempt].flatMap(([attempt, nodes]) => {
    const [first] = nodes.toSorted((a, b) => indexOf(a) - indexOf(b));
    if (!first) return [];
    const { labels } = first;
    const name = sandboxNameOf(first);
    const lost = Number(labels[LABELS.nodeCount] ?? 0) - nodes.length;
    // Called after the name that the sandbox was created with.
    const network = resourceName(labels[LABELS.sandbox] ?? '', attempt);
    return [
      ...(lost > 0 ? [`${lost} of ${labels[LABELS.nodeCount]} nodes of sandbox ${name}`] : []),
      ...(networks.some((each) => each.name === network) ? [] : [`the network of sandbox ${name}`]),
    ];
  });
  const needed = new Set(images.map(({ labels }) => labels[LABELS.memory]));
  const present = new Set(containers.map(({ labels }) => labels[LABELS.attempt]));
  const alone = volumes.filter(
    ({ name, labels }) => !present.has(labels[LABELS.attempt]) && !needed.has(name) && !isBeingMade(labels),
  );
  return [...ofNodes, ...alone.map(({ labels }) => `every node of sandbox ${labels[LABELS.sandbox] ?? ''}`)];
}

function isBeingMade(labels: Readonly<Record<string, string>>): boolean {
  return unfinishedState(labels) === 'creating';
}
