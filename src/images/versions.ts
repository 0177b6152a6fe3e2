import type { FileEntry } from '../engine/index.js';
import { closest, ImageBuildError, type SandboxError } from '../errors/index.js';

/** How to ask a Maven repository for a version, before a component is built of it. */
export interface VersionQuestion {
  /** Name of the component. */
  readonly component: string;
  readonly version: string;
  /** The version that the component's template names; it is known to be there. */
  readonly own: string;
  /** The artifact whose versions are those of the component. */
  readonly group: string;
  readonly artifact: string;
  readonly context: readonly FileEntry[];
}

/** The script's line; the engine's output has no space at the end of it where none is known. */
const ANSWER = 'versions:';
/** Version numbers are short: more than that is another one. */
const SLIP = 2;
const MOST_SHOWN = 8;

/** The first dependency whose version is the release: a `${...}` in the component's pom.xml. */
export async function releasedArtifact(
  pom: string,
): Promise<{ readonly group: string; readonly artifact: string } | undefined> {
  // Most creates name no version.
  const { XMLParser } = await import('fast-xml-parser');
  const parsed: unknown = new XMLParser({ isArray: (name) => name === 'dependency' }).parse(pom);
  const dependencies: unknown = Object(Object(Object(parsed).project).dependencies).dependency;
  const found = (Array.isArray(dependencies) ? dependencies.map(Object) : []).find(({ version }) =>
    /^\$\{.*\}$/.test(String(version)),
  );
  return found && { group: String(found.groupId), artifact: String(found.artifactId) };
}

/** What the failed question means; undefined where it says nothing of versions. */
export function noSuchVersion(
  { component, version, own }: VersionQuestion,
  { details }: SandboxError,
): ImageBuildError | undefined {
  const line = details.find((each) => each.startsWith(ANSWER));
  if (line === undefined) return undefined;
  const listed = line
    .slice(ANSWER.length)
    .split(' ')
    .filter((each) => each !== '');
  // Lists of repositories are not always complete.
  const known = [...new Set([own, ...listed])];
  const meant = closest(version, known, Math.min(SLIP, Math.floor(version.length / 3)));
  const shown = newest(known, own);
  return new ImageBuildError(
    `there is no ${component} ${version} in the Maven repository${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    `there are ${shown.join(', ')}; for example --with ${component}=${meant ?? shown[0] ?? own}`,
  );
}

/** Those of the same kind as the template's own ("-hadoop3") where it is one of a kind, the newest first. */
function newest(known: readonly string[], own: string): string[] {
  const kind = /-.*$/.exec(own)?.[0] ?? '';
  const released = known.filter((version) => !/alpha|beta|rc\d|-M\d|SNAPSHOT/i.test(version));
  const alike = released.filter((version) => (/-.*$/.exec(version)?.[0] ?? '') === kind);
  const list = alike.length > 0 ? alike : known;
  return list.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true })).slice(0, MOST_SHOWN);
}
