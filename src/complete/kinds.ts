/** What stands in a place of a command line. */
export type Kind =
  | 'sandbox'
  /** SANDBOX, or SANDBOX/NODE */
  | 'node'
  /** SANDBOX, SANDBOX/NODE, or SANDBOX/NODE/SERVICE */
  | 'target'
  | 'service'
  | 'snapshot'
  | 'template'
  | 'component'
  | 'image'
  | 'key'
  | 'command'
  | 'condition'
  | 'file';

/** The parts of oclif.manifest.json that are read here. */
export interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

export interface ManifestCommand {
  readonly hidden?: boolean;
  readonly summary?: string;
  /** False: the last argument may come again and again. */
  readonly strict?: boolean;
  readonly args: Readonly<Record<string, ManifestPlace>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}

export interface ManifestPlace {
  readonly description?: string;
  readonly options?: readonly string[];
}

export interface ManifestFlag extends ManifestPlace {
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly summary?: string;
  readonly multiple?: boolean;
  readonly allowNo?: boolean;
}

/** By the name of an argument: the same name means the same thing in every command. */
const ARGUMENTS: Readonly<Record<string, readonly Kind[]>> = {
  sandbox: ['sandbox'],
  snapshot: ['snapshot'],
  a: ['snapshot'],
  b: ['snapshot'],
  template: ['template'],
  component: ['component'],
  image: ['image'],
  key: ['key'],
  command: ['command'],
  file: ['file'],
  service: ['service'],
};

/** Where it does not, by command and argument. */
const EXCEPTIONS: Readonly<Record<string, readonly Kind[]>> = {
  'collect name': ['sandbox', 'snapshot'],
  // Of the registry, and of the evidence: asking takes too long.
  'snapshots:pull snapshot': [],
  'snapshots:show file': [],
};

const FLAGS: Readonly<Record<string, readonly Kind[]>> = {
  sandbox: ['sandbox'],
  service: ['service'],
  for: ['condition'],
  output: ['file'],
  evidence: ['file'],
};

export function kindsOfArgument(command: string, name: string, { description = '' }: ManifestPlace): readonly Kind[] {
  const kinds = EXCEPTIONS[`${command} ${name}`] ?? ARGUMENTS[name] ?? [];
  const wider = /SANDBOX\[?\/NODE\[?\/SERVICE/.test(description)
    ? 'target'
    : /SANDBOX\[?\/NODE/.test(description)
      ? 'node'
      : undefined;
  return wider === undefined ? kinds : [...kinds.filter((kind) => kind !== 'sandbox'), wider];
}

export function kindsOfFlag(name: string): readonly Kind[] {
  return FLAGS[name] ?? [];
}
