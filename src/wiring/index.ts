import type { Catalog, ComponentDetails, ComponentSummary, TemplateSummary } from '../catalog/index.js';
import type { ConfigValues } from '../config/index.js';
import { UsageError } from '../errors/index.js';
import type { ImageRecipe } from '../images/index.js';
import type { ChangedSettings, Plan, SettingsChange, TemplateDetails } from '../plan/index.js';
import type { CreatedSandbox } from '../sandbox/index.js';
import type { RestoredSandbox } from '../snapshot/index.js';
import type { ClusterRequest, ReleaseOptions } from './cluster.js';

export type { ClusterRequest, ReleaseOptions } from './cluster.js';
export type { NewCluster, NewRestored, NewSandbox } from './raise.js';
export { releaseOptions } from './release-options.js';
export { listSchemas, readSchema } from './schemas.js';
export { downloadsFolder, IMAGES_FOLDER, kitsFolder, openEngines, TEMPLATES } from './workspace.js';

// What reads templates brings YAML, schemas and templating along; commands that only look must not wait for those.

/** Shipped templates first; a user's folder overrides or extends what comes before it. */
export async function openCatalog(config: ConfigValues): Promise<Catalog> {
  return (await import('./catalog.js')).openCatalog(config);
}

/** Plan and image of one cluster, from the same template and the same releases, so that they cannot disagree. */
export async function prepareCluster(
  catalog: Catalog,
  request: ClusterRequest,
  options: ReleaseOptions,
): Promise<{ plan: Plan; image: ImageRecipe; warnings: readonly string[] }> {
  return (await import('./cluster.js')).prepareCluster(catalog, request, options);
}

type Shown = typeof import('./shown.js');

/** The image of each template, of the components' own versions. */
export async function clusterImages(
  config: ConfigValues,
): Promise<{ readonly template: string; readonly reference: string }[]> {
  return (await import('./shown.js')).clusterImages(config);
}

/** What `templates` and `components` show; remembered from run to run. */
export async function shownTemplates(...given: Parameters<Shown['shownTemplates']>): Promise<TemplateSummary[]> {
  return (await import('./shown.js')).shownTemplates(...given);
}

/** @throws NotFoundError */
export async function shownTemplate(...given: Parameters<Shown['shownTemplate']>): Promise<TemplateDetails> {
  return (await import('./shown.js')).shownTemplate(...given);
}

export async function shownComponents(...given: Parameters<Shown['shownComponents']>): Promise<ComponentSummary[]> {
  return (await import('./shown.js')).shownComponents(...given);
}

/** @throws NotFoundError */
export async function shownComponent(...given: Parameters<Shown['shownComponent']>): Promise<ComponentDetails> {
  return (await import('./shown.js')).shownComponent(...given);
}

type Raise = typeof import('./raise.js');

/** A new sandbox of a template; @see createCluster for what it throws. */
export async function createFromTemplate(...given: Parameters<Raise['createFromTemplate']>): Promise<CreatedSandbox> {
  return (await import('./raise.js')).createFromTemplate(...given);
}

/** A new sandbox of a snapshot, which is pulled where it is not here. */
export async function restoreByName(...given: Parameters<Raise['restoreByName']>): Promise<RestoredSandbox> {
  return (await import('./raise.js')).restoreByName(...given);
}

/** A cluster as the flags of a command say it (clusterFlags of src/ui). */
export function requestedCluster(
  template: string,
  flags: {
    readonly nodes?: number | undefined;
    readonly with: readonly string[];
    readonly set: readonly string[];
    readonly restart: string;
  },
): ClusterRequest {
  const restart = flags.restart === 'on-failure' ? 'on-failure' : 'no';
  return { template, nodes: flags.nodes, releases: flags.with, settings: flags.set, restart };
}

/** What a change of settings does to a sandbox with this plan, by the templates that are here. */
export async function planSettings(
  config: ConfigValues,
  plan: string,
  change: SettingsChange,
): Promise<ChangedSettings> {
  const catalog = await openCatalog(config);
  return (await import('../plan/index.js')).changeSettings(catalog, plan, change);
}

/** The image of a template alone. */
export async function prepareImage(
  catalog: Catalog,
  request: Pick<ClusterRequest, 'template' | 'releases'>,
  options: ReleaseOptions,
): Promise<ImageRecipe> {
  return (await import('./cluster.js')).prepareImage(catalog, request, options);
}

/** Which sandboxes a command means that takes several of them. @throws UsageError for names and --all */
export function whichSandboxes(
  names: readonly string[],
  flags: { readonly all: boolean; readonly sandbox?: string | undefined },
): { readonly names: readonly string[] } | 'all' | 'only' {
  if (flags.all && names.length > 0) {
    throw new UsageError('names of sandboxes, or --all: one of the two', 'leave one of them out');
  }
  if (flags.all) return 'all';
  if (names.length > 0) return { names };
  return flags.sandbox === undefined ? 'only' : { names: [flags.sandbox] };
}
