import { FailedError } from '../../errors/index.js';
import { nodeReference } from '../labels.js';
import { type Manifest, parseManifest } from '../manifest.js';

/** From elsewhere: its names become paths, containers and volumes here. @throws FailedError */
export function readForeignManifest(text: string, where: string): Manifest {
  const manifest = parseManifest(text, where);
  const { id, nodes, memory } = manifest;
  const sound =
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) &&
    nodes.length > 0 &&
    nodes.every(({ name, image }) => /^[a-z0-9][a-z0-9-]*$/.test(name) && image === nodeReference(id, name)) &&
    (memory === null || /^bds\.[a-z0-9][a-z0-9.-]*$/.test(memory.volume));
  if (sound) return manifest;
  throw new FailedError(
    `${where} was altered: its manifest names what no snapshot has`,
    'have it pushed or exported again',
  );
}
