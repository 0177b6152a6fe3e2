import type { Engine, ImageBuildSpec, Images } from '../../../src/engine/index.js';
import { MemoryEngine, type MemoryEngineOptions } from '../../../src/engine/memory/index.js';

/** An engine whose builds can start, since it has the root of all images. */
export function engineWithRoot(options: MemoryEngineOptions = {}): MemoryEngine {
  return new MemoryEngine(options).addImage('debian:trixie-slim');
}

/** The engine with other answers to some of its image calls. */
export function withImages(engine: Engine, images: Partial<Images>): Engine {
  const { host, containers, networks, volumes } = engine;
  return { host, containers, networks, volumes, info: () => engine.info(), images: { ...engine.images, ...images } };
}

/** The engine, and what it is asked to build. */
export function recordBuilds(engine: Engine): { engine: Engine; builds: ImageBuildSpec[] } {
  const builds: ImageBuildSpec[] = [];
  const build: Images['build'] = (spec, options) => {
    builds.push(spec);
    return engine.images.build(spec, options);
  };
  return { engine: withImages(engine, { build }), builds };
}
