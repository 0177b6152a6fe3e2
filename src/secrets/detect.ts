import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { SecretLintRuleCreator } from '@secretlint/types';

/** Where a secret begins and ends. */
export type Range = readonly [number, number];

/** Rules of secretlint for what redact.ts does itself, in pieces of files and with less of the text lost. */
const LEFT_OUT: readonly string[] = [
  // Cut off at the end of a block; ours go on.
  'privatekey',
  // Of URLs the user, the host and the path stay.
  'basicauth',
  'database-connection-string',
  // Binary files, which are left out as a whole, and comments that turn rules off.
  'gcp',
  'filter-comments',
];

const OPTIONS: Readonly<Record<string, object>> = { aws: { enableIDScanRule: true } };

/** The rules that secretlint has by default: what keys and tokens of well-known services look like. */
export const DETECTORS: ReadonlyMap<string, (text: string) => readonly Range[]> = new Map(
  (rules as readonly SecretLintRuleCreator[])
    .map((rule) => [rule.meta.id.replace(/^.*-rule-/, ''), rule] as const)
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, rule]) => [name, detector(rule, OPTIONS[name] ?? {})]),
);

/** In the order of the text, and apart from each other. */
export function detect(text: string): readonly Range[] {
  const all = [...DETECTORS.values()].flatMap((find) => find(text)).sort(([a], [b]) => a - b);
  const apart: Range[] = [];
  for (const [from, to] of all) {
    const last = apart.at(-1);
    if (last === undefined || from >= last[1]) apart.push([from, to]);
    else apart[apart.length - 1] = [last[0], Math.max(last[1], to)];
  }
  return apart;
}

/** A rule of secretlint without its engine, which is made for files of a repository and for reports. */
function detector(rule: SecretLintRuleCreator, options: object): (text: string) => readonly Range[] {
  let found: Range[] = [];
  const context = {
    sharedOptions: {},
    createTranslator: () => (messageId: string) => ({ messageId, message: messageId }),
    ignore: () => undefined,
    report: ({ range }: { readonly range: Range }) => void found.push(range),
  };
  const { file } = rule.create(context as unknown as Context, options);
  return (content) => {
    found = [];
    void file?.({ content, contentType: 'text', ext: '', filePath: undefined } as unknown as Source);
    return found;
  };
}

type Context = Parameters<SecretLintRuleCreator['create']>[0];
type Source = Parameters<NonNullable<ReturnType<SecretLintRuleCreator['create']>['file']>>[0];
