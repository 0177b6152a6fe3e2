import { absolute, FileTree } from './file-tree.js';
import type { ProgramFiles } from './programs.js';
import type { MemoryContainer, World } from './world.js';

/** What the engine itself does with the files of a container, beside its programs. */
export interface MountedFiles extends ProgramFiles {
  timeOf(path: string): Date | undefined;
}

/** The files of a container as its processes see them: a path under a mount is the volume's. */
export function mountedFiles(world: World, container: MemoryContainer): MountedFiles {
  const at = (path: string): { tree: FileTree; path: string } => {
    const wanted = absolute(path);
    const mount = (container.spec.mounts ?? []).find(
      (candidate) => wanted === candidate.path || wanted.startsWith(`${candidate.path}/`),
    );
    const volume = mount && world.volumes.get(mount.volume);
    if (!mount || !volume) return { tree: container.files, path: wanted };
    return { tree: volume.files, path: wanted.slice(mount.path.length) || '/' };
  };
  return {
    read: (path) => {
      const place = at(path);
      return place.tree.read(place.path);
    },
    write: (path, content) => {
      const place = at(path);
      place.tree.write({ path: place.path, content });
    },
    has: (path) => {
      const place = at(path);
      return place.tree.has(place.path);
    },
    remove: (path) => {
      const place = at(path);
      place.tree.remove(place.path);
    },
    makeFolder: (path, time) => {
      const place = at(path);
      place.tree.makeFolder(place.path, time);
    },
    timeOf: (path) => {
      const place = at(path);
      return place.tree.timeOf(place.path);
    },
  };
}

/** A copy of all of it, with what is in volumes. */
export function mountedTree(world: World, container: MemoryContainer): FileTree {
  const mounts = container.spec.mounts ?? [];
  const isHidden = (file: string): boolean => mounts.some(({ path }) => file.startsWith(`${path}/`));
  const own = container.files.entries().filter(([file]) => !isHidden(file));
  const mounted = mounts.flatMap(({ volume, path }) =>
    (world.volumes.get(volume)?.files.entries() ?? []).map(([file, content]) => [`${path}${file}`, content] as const),
  );
  return new FileTree([...own, ...mounted]);
}
