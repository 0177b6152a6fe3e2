/** Whether --json is among the words for us; what comes after -- is for a program inside a sandbox. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}
