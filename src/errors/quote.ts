/** One word of a shell command line, whatever is in it; left bare where quotes would only make it harder to read. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
