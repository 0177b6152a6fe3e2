import type { EngineProduct } from '../port.js';

/** "host:5000/name:tag" in two halves. A colon before the last slash belongs to a port; a digest counts as a tag. */
export function splitReference(reference: string): { readonly repository: string; readonly tag: string } {
  const digest = reference.indexOf('@');
  const at = digest >= 0 ? digest : reference.lastIndexOf(':');
  if (at < 0 || reference.indexOf('/', at) >= 0) return { repository: reference, tag: 'latest' };
  return { repository: reference.slice(0, at), tag: reference.slice(at + 1) };
}

/**
 * An image's names as they were given to the engine. Podman writes a registry in front of a name without one:
 * `docker.io` where its API gave the name, `localhost` where an archive that was loaded did; both may be there at once.
 */
export function namesGiven(names: readonly string[] | undefined, product: EngineProduct): string[] {
  const named = (names ?? []).filter((name) => name !== '<none>:<none>');
  if (product === 'docker') return named;
  return [...new Set(named.map((name) => name.replace(/^(docker\.io|localhost)\//, '').replace(/^library\//, '')))];
}
