import { createHash } from 'node:crypto';
import type { Component } from '../catalog/index.js';
import type { FileEntry, ImageBuildSpec } from '../engine/index.js';
import { readContext } from './context.js';
import { IMAGE_LABELS, type ImageKind } from './labels.js';
import type { Release } from './release.js';
import { releasedArtifact, type VersionQuestion } from './versions.js';

/**
 * How to make one image. The tag is a digest of every input, so unchanged input never builds twice, on any machine
 * that shares the registry. The Debian root is an input by its suite name only: `debian:trixie-slim` and a root made
 * by mmdebstrap are the same input, or a colleague without a public registry could not find what was pushed.
 */
export interface ImageRecipe {
  readonly kind: ImageKind;
  readonly name: string;
  readonly digest: string;
  /** bdsandbox/NAME:TAG, of a component bdsandbox/component-NAME:TAG */
  readonly reference: string;
  readonly context: readonly FileEntry[];
  readonly contextFiles: NonNullable<ImageBuildSpec['contextFiles']>;
  /** Build arguments; those that name another image of ours are filled in from `parents`. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Images that must be there before this one is built, by the build argument that names them. */
  readonly parents: Readonly<Record<string, ImageRecipe>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a component from a Maven repository, in another version than its template's: asked before it is built. */
  readonly question?: VersionQuestion | undefined;
}

/** Debian release of every image. */
export const SUITE = 'trixie';

/** A component's file that starts its daemons for a moment, see templates/images/classes. */
const TRAIN = '/train';
/** Where a node has what is ours. */
const AGENT = '/usr/lib/bdsandbox';
const JVM_FILES = ['jvm.options', 'logging.properties'];

/** An engineer's own Maven repository, asked before the public one. */
export interface MavenRepository {
  readonly url: string;
}

export interface ClusterInput {
  readonly template: string;
  /** In the order of the image's layers: what changes least comes first. */
  readonly components: readonly { readonly component: Component; readonly release: Release }[];
  readonly maven?: MavenRepository | undefined;
}

/** @param folder templates/images of the package */
export async function clusterRecipe(folder: string, input: ClusterInput): Promise<ImageRecipe> {
  const base = await baseRecipe(folder);
  const builder = recipe({
    kind: 'builder',
    name: 'builder',
    context: await readContext(`${folder}/builder`),
    // Not the base: then a change there would build every component again.
    parents: {},
  });
  const stages = await Promise.all(
    input.components.map((each) => componentRecipe(folder, builder, each.component, each.release, input.maven)),
  );
  const parents: Record<string, ImageRecipe> = { BASE: base };
  for (const stage of stages) parents[argumentOf(stage.name)] = stage;
  const components = input.components.map(({ component }) => component);
  return recipe({
    kind: 'cluster',
    name: input.template,
    context: [
      { path: '/Dockerfile', content: clusterDockerfile(stages, components) },
      ...(await classesContext(folder, components)),
      ...(await readContext(`${folder}/node`)),
    ],
    parents,
    labels: {
      [IMAGE_LABELS.versions]: input.components
        .map((each) => `${each.component.name}=${each.release.version}`)
        .join(' '),
    },
  });
}

export async function baseRecipe(folder: string): Promise<ImageRecipe> {
  return recipe({ kind: 'base', name: 'base', context: await readContext(`${folder}/base`), parents: {} });
}

export async function registryRecipe(folder: string): Promise<ImageRecipe> {
  return recipe({ kind: 'registry', name: 'registry', context: await readContext(`${folder}/registry`), parents: {} });
}

async function componentRecipe(
  folder: string,
  builder: ImageRecipe,
  component: Component,
  release: Release,
  maven: MavenRepository | undefined,
): Promise<ImageRecipe> {
  // component.yaml and files/ are rendered into the nodes by the plan: a change there needs no new image. The cluster's
  // image alone needs `train`.
  const context = (await readContext(component.folder)).filter(
    ({ path }) => path !== '/component.yaml' && path !== TRAIN && !path.startsWith('/files/'),
  );
  if (maven) context.push({ path: '/settings.xml', content: mavenSettings(maven) });
  const tarball = release.from === 'tarball';
  const made = recipe({
    kind: 'component',
    name: component.name,
    context,
    contextFiles: tarball ? [{ path: '/release.tar.gz', source: release.file }] : [],
    arguments: { VERSION: release.version, SOURCE: release.from },
    inputs: tarball ? [release.sha512] : [],
    parents: { BUILDER: builder },
    labels: { [IMAGE_LABELS.versions]: `${component.name}=${release.version}` },
  });
  return { ...made, question: await questionOf(folder, component, release, context) };
}

/** No input of the image: it decides whether it is built, not what is in it. */
async function questionOf(
  folder: string,
  component: Component,
  release: Release,
  context: readonly FileEntry[],
): Promise<VersionQuestion | undefined> {
  const { name, version: own, maven } = component;
  if (release.from !== 'maven' || release.version === own || maven === undefined) return undefined;
  const pom = context.find(({ path }) => path === `/${maven}`);
  const artifact = pom && (await releasedArtifact(String(pom.content)));
  if (!artifact) return undefined;
  const settings = context.filter(({ path }) => path === '/settings.xml');
  const asking = [...(await readContext(`${folder}/versions`)), ...settings];
  return { component: name, version: release.version, own, ...artifact, context: asking };
}

/** What makes the class archives, with each component's way to start its daemons for it. */
async function classesContext(folder: string, components: readonly Component[]): Promise<FileEntry[]> {
  const trained = await Promise.all(
    components.map(async ({ name, folder: own }) =>
      (await readContext(own))
        .filter(({ path }) => path === TRAIN)
        .map((file) => ({ ...file, path: `/classes${TRAIN}/${name}` })),
    ),
  );
  const scripts = await readContext(`${folder}/classes`);
  return [...scripts.map((file) => ({ ...file, path: `/classes${file.path}` })), ...trained.flat()];
}

/**
 * Releases first, in template order; then what has to see all of them at once, the archives of their classes; the node's
 * agent last, since it is small and changes most: a change there must not make the archives again.
 */
function clusterDockerfile(stages: readonly ImageRecipe[], components: readonly Component[]): string {
  const names = stages.map((stage) => argumentOf(stage.name));
  return [
    'ARG BASE',
    ...names.map((name) => `ARG ${name}`),
    ...names.map((name) => `FROM \${${name}} AS ${name.toLowerCase()}`),
    'FROM $BASE',
    ...names.map((name) => `COPY --from=${name.toLowerCase()} / /`),
    `COPY classes/ ${AGENT}/classes/`,
    // Archives fit JVMs that have the same flags.
    `COPY ${JVM_FILES.map((name) => `rootfs${AGENT}/${name}`).join(' ')} ${AGENT}/`,
    `RUN ${JSON.stringify([`${AGENT}/classes/archive`, ...components.map(({ name, home }) => `${name}=${home}`)])}`,
    'COPY rootfs/ /',
    'ENTRYPOINT ["/usr/lib/bdsandbox/init"]',
    'STOPSIGNAL SIGTERM',
    '',
  ].join('\n');
}

function argumentOf(component: string): string {
  return `STAGE_${component.toUpperCase().replaceAll('-', '_')}`;
}

function mavenSettings({ url }: MavenRepository): string {
  const escaped = url.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return [
    '<settings><profiles><profile><id>own</id><repositories><repository>',
    `<id>own</id><url>${escaped}</url><releases><enabled>true</enabled></releases><snapshots><enabled>true</enabled></snapshots>`,
    '</repository></repositories></profile></profiles><activeProfiles><activeProfile>own</activeProfile></activeProfiles></settings>',
    '',
  ].join('\n');
}

/** A component and a template may have one name, as zookeeper has. */
function repositoryOf({ kind, name }: Pick<ImageRecipe, 'kind' | 'name'>): string {
  return kind === 'component' ? `component-${name}` : name;
}

function recipe(parts: {
  readonly kind: ImageKind;
  readonly name: string;
  readonly context: readonly FileEntry[];
  readonly contextFiles?: ImageRecipe['contextFiles'];
  readonly arguments?: Readonly<Record<string, string>>;
  /** Inputs that are neither in the context nor an argument. */
  readonly inputs?: readonly string[];
  readonly parents: Readonly<Record<string, ImageRecipe>>;
  readonly labels?: Readonly<Record<string, string>>;
}): ImageRecipe {
  const hash = createHash('sha256');
  const add = (...fields: readonly (string | Buffer)[]): void => {
    for (const field of fields) {
      hash.update(`${Buffer.byteLength(field)}:`);
      hash.update(field);
    }
  };
  add(SUITE, parts.kind, parts.name);
  for (const file of parts.context) add(file.path, String(file.mode ?? 0o644), file.content);
  for (const [name, value] of Object.entries(parts.arguments ?? {})) add(name, value);
  for (const input of parts.inputs ?? []) add(input);
  for (const [name, parent] of Object.entries(parts.parents)) add(name, parent.digest);
  const digest = hash.digest('hex');
  return {
    kind: parts.kind,
    name: parts.name,
    digest,
    reference: `bdsandbox/${repositoryOf(parts)}:${digest.slice(0, 16)}`,
    context: parts.context,
    contextFiles: parts.contextFiles ?? [],
    arguments: parts.arguments ?? {},
    parents: parts.parents,
    labels: {
      ...parts.labels,
      [IMAGE_LABELS.kind]: parts.kind,
      [IMAGE_LABELS.name]: parts.name,
      [IMAGE_LABELS.digest]: digest,
    },
  };
}
