/** "host:5000/name:tag" in two halves. A colon before the last slash belongs to a port; a digest counts as a tag. */
export function splitReference(reference: string): { readonly repository: string; readonly tag: string } {
  const digest = reference.indexOf('@');
  const at = digest >= 0 ? digest : reference.lastIndexOf(':');
  if (at < 0 || reference.indexOf('/', at) >= 0) return { repository: reference, tag: 'latest' };
  return { repository: reference.slice(0, at), tag: reference.slice(at + 1) };
}
