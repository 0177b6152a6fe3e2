import { compareEvidence, type Evidence, type EvidenceDifference, type Pair } from '../evidence/index.js';
import type { Manifest } from './manifest.js';

export interface SnapshotDifference {
  readonly a: string;
  readonly b: string;
  /** In all that is compared; what was done to the sandboxes does not count. */
  readonly equal: boolean;
  /** Mode, nodes, versions, settings and machine, as the manifests say. */
  readonly manifest: readonly ({ readonly name: string } & Pair<string>)[];
  /** null when one of them was taken without evidence. */
  readonly evidence: EvidenceDifference | null;
  /** What was done through bdsandbox to the one and not to the other. */
  readonly changes: { readonly onlyA: Manifest['changes']; readonly onlyB: Manifest['changes'] };
}

export interface DiffSide {
  readonly snapshot: Manifest;
  readonly evidence: Evidence | undefined;
}

export function diffSnapshots(a: DiffSide, b: DiffSide): SnapshotDifference {
  const manifest = compareFacts(factsOf(a.snapshot), factsOf(b.snapshot));
  const evidence = a.evidence && b.evidence ? compareEvidence(a.evidence, b.evidence) : null;
  return {
    a: a.snapshot.name,
    b: b.snapshot.name,
    equal: manifest.length === 0 && evidence?.equal !== false,
    manifest,
    evidence,
    changes: {
      onlyA: withoutChanges(a.snapshot.changes, b.snapshot.changes),
      onlyB: withoutChanges(b.snapshot.changes, a.snapshot.changes),
    },
  };
}

function factsOf({ mode, plan, platform }: Manifest): ReadonlyMap<string, string> {
  return new Map([
    ['mode', mode],
    ['template', plan.template],
    ['topology', plan.topology],
    ...plan.components.map(({ name, version }) => [`version of ${name}`, version] as const),
    ...plan.nodes.map(({ name, services }) => [`node ${name}`, services.map((each) => each.name).join(' ')] as const),
    // "FILE:KEY=VALUE": a value may hold more equals signs.
    ...plan.settings.map((setting) => {
      const [key = '', ...value] = setting.split('=');
      return [`setting ${key}`, value.join('=')] as const;
    }),
    ['restart', plan.restart],
    ['kernel', platform.kernel],
    ['architecture', platform.architecture],
    ['criu', platform.criu],
  ]);
}

function compareFacts(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): SnapshotDifference['manifest'] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((name) => ({ name, a: a.get(name) ?? null, b: b.get(name) ?? null }))
    .filter((pair) => pair.a !== pair.b);
}

/** A child has its parent's changes, byte for byte. */
function withoutChanges(all: Manifest['changes'], others: Manifest['changes']): Manifest['changes'] {
  const known = new Set(others.map((change) => JSON.stringify(change)));
  return all.filter((change) => !known.has(JSON.stringify(change)));
}
