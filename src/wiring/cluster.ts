import { type Catalog, componentsOf, findTemplate } from '../catalog/index.js';
import { didYouMean, UsageError } from '../errors/index.js';
import {
  clusterRecipe,
  type ImageRecipe,
  type MavenRepository,
  parseReleaseRequest,
  type Release,
  resolveRelease,
} from '../images/index.js';
import { doubtfulKeys, makePlan, type Plan } from '../plan/index.js';
import { IMAGES_FOLDER } from './workspace.js';

export interface ClusterRequest {
  readonly template: string;
  /** The template's default when absent. */
  readonly nodes?: number | undefined;
  /** --with, as given: COMPONENT=VERSION or COMPONENT=TARBALL */
  readonly releases: readonly string[];
  /** --set, as given: FILE:KEY=VALUE */
  readonly settings: readonly string[];
  readonly restart: 'no' | 'on-failure';
}

export interface ReleaseOptions {
  readonly downloads: string;
  readonly mavenRepository: string | undefined;
  readonly onProgress: (detail: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface PreparedCluster {
  readonly plan: Plan;
  readonly image: ImageRecipe;
  /** For people: settings that are probably mistyped. */
  readonly warnings: readonly string[];
}

/** @see index.ts */
export async function prepareCluster(
  catalog: Catalog,
  request: ClusterRequest,
  options: ReleaseOptions,
): Promise<PreparedCluster> {
  const releases = await resolveReleases(catalog, request, options);
  const versions = Object.fromEntries([...releases].map(([name, { version }]) => [name, version]));
  const plan = makePlan(catalog, {
    template: request.template,
    versions,
    settings: request.settings,
    restart: request.restart,
    ...(request.nodes === undefined ? {} : { nodes: request.nodes }),
  });
  return {
    plan,
    image: await clusterImage(catalog, request.template, releases, options.mavenRepository),
    warnings: doubtfulKeys(catalog, request.template, request.settings),
  };
}

/** @see index.ts */
export async function prepareImage(
  catalog: Catalog,
  request: Pick<ClusterRequest, 'template' | 'releases'>,
  options: ReleaseOptions,
): Promise<ImageRecipe> {
  const releases = await resolveReleases(catalog, request, options);
  return clusterImage(catalog, request.template, releases, options.mavenRepository);
}

/** @see index.ts */
export async function clusterImages(
  catalog: Catalog,
  mavenRepository: string | undefined,
): Promise<{ readonly template: string; readonly reference: string }[]> {
  const images: { template: string; reference: string }[] = [];
  for (const template of catalog.templates.keys()) {
    const { reference } = await clusterImage(catalog, template, new Map(), mavenRepository);
    images.push({ template, reference });
  }
  return images;
}

async function clusterImage(
  catalog: Catalog,
  template: string,
  releases: ReadonlyMap<string, Release>,
  mavenRepository: string | undefined,
): Promise<ImageRecipe> {
  const maven: MavenRepository | undefined = mavenRepository === undefined ? undefined : { url: mavenRepository };
  return clusterRecipe(IMAGES_FOLDER, {
    template,
    components: componentsOf(catalog, findTemplate(catalog, template)).map((component) => ({
      component,
      release: releases.get(component.name) ?? { from: 'maven', version: component.version },
    })),
    maven,
  });
}

async function resolveReleases(
  catalog: Catalog,
  request: Pick<ClusterRequest, 'template' | 'releases'>,
  options: ReleaseOptions,
): Promise<Map<string, Release>> {
  const names = findTemplate(catalog, request.template).components;
  const releases = new Map<string, Release>();
  for (const text of request.releases) {
    const wanted = parseReleaseRequest(text);
    if (!names.includes(wanted.component)) {
      throw new UsageError(
        `${request.template} has no component ${wanted.component}${didYouMean(wanted.component, names)}`,
        `its components are: ${names.join(', ')}`,
      );
    }
    const { downloads, onProgress, signal } = options;
    releases.set(
      wanted.component,
      await resolveRelease(wanted, { downloads, onProgress, ...(signal ? { signal } : {}) }),
    );
  }
  return releases;
}
