import type { Labels } from '../../engine/index.js';
import { IMAGE_LABELS } from '../../images/index.js';
import { LABELS } from '../../sandbox/index.js';
import { GOLDEN_ID, PARENT_ID, SNAPSHOT_LABELS } from '../labels.js';
import type { Manifest } from '../manifest.js';
import { refused } from './check-manifest.js';

/** What the images of a snapshot have of this program's labels. Containers inherit them, and others say what a container is. */
const KNOWN = new Set<string>([
  ...[LABELS, IMAGE_LABELS, SNAPSHOT_LABELS].flatMap((labels) => Object.values(labels)),
  PARENT_ID,
  GOLDEN_ID,
]);

/** Of an index, or of an image of a node: what is found, kept and removed by labels must be this snapshot. @throws FailedError */
export function checkLabels(
  labels: Labels,
  role: 'index' | 'node',
  { id, memory }: Pick<Manifest, 'id' | 'memory'>,
  where: string,
): void {
  const strange = Object.keys(labels).find((name) => name.startsWith('bdsandbox.') && !KNOWN.has(name));
  if (strange !== undefined) throw refused(where, `the label ${strange} is on none of ours`);
  const wanted = {
    [SNAPSHOT_LABELS.id]: id,
    [SNAPSHOT_LABELS.role]: role,
    [IMAGE_LABELS.kind]: 'snapshot',
    [LABELS.memory]: memory?.volume ?? '',
  };
  const wrong = Object.entries(wanted).find(([name, value]) => (labels[name] ?? '') !== value);
  if (wrong) throw refused(where, `its images and its manifest differ in ${wrong[0]}`);
}
