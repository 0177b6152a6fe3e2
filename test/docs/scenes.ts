/** Pages whose lines test/e2e/pages.test.ts runs from top to bottom, to the letter, but for those in not-run.yaml. */
export const SCENES: readonly string[] = [
  'README.md',
  'docs/guide/first-cluster.md',
  'docs/how-to/look.md',
  'docs/how-to/own-templates.md',
];
