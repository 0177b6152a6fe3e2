import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/index.js';
import { IMAGE_LABELS } from '../images/index.js';
import { nodeLimits, nodePlatform } from '../node/index.js';
import { inTrialNode } from '../snapshot/index.js';
import type { TriedNode } from './check.js';

/** With our newest cluster image; undefined without one. */
export async function tryNewestImage(engine: Engine): Promise<TriedNode | undefined> {
  const images = await engine.images.list({ [IMAGE_LABELS.kind]: 'cluster' });
  const [newest] = images
    .filter(({ references }) => references.length > 0)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return newest && inTrialNode(engine, { image: newest.id, id: randomUUID() }, (container) => ask(engine, container));
}

async function ask(engine: Engine, container: string): Promise<TriedNode> {
  const asked = Date.now();
  const limits = await nodeLimits(engine, container);
  const clockAheadMs = limits ? outside(limits.timeMs, asked, Date.now()) : 0;
  return { limits, clockAheadMs, platform: await nodePlatform(engine, container) };
}

/** How far a time is outside of the two between which it was told. */
function outside(time: number, from: number, to: number): number {
  if (time < from) return time - from;
  return time > to ? time - to : 0;
}
