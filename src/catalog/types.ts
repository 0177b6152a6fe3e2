/**
 * The catalog's model: components and cluster templates after reading, merging (`extends`) and checking. Whoever
 * holds a Catalog holds templates that fit together; only values that depend on a plan are still open.
 */

/** A Liquid template out of a YAML value or a file beside it; it knows where it stands, for errors while rendering. */
export interface Snippet {
  readonly text: string;
  readonly file: string;
  /** 1-based line of the text's first line. */
  readonly line: number;
  /** e.g. "services.namenode.options[1]" */
  readonly field: string;
}

export type ConfigFormat = 'hadoop-xml' | 'properties' | 'text';

/** One config file of a component, the same on every node but for what the snippets ask of the node. */
export interface ConfigFile {
  readonly name: string;
  readonly path: string;
  readonly format: ConfigFormat;
  readonly properties: ReadonlyMap<string, Snippet>;
  /** The whole file of format text; lines after the properties of format properties. */
  readonly text: Snippet | undefined;
  /** Keys that the software knows, where somebody listed them: there may be others. Read when they are asked for. */
  readonly knownKeys: (() => KnownKeys) | undefined;
}

export interface KnownKeys {
  readonly documented: ReadonlySet<string>;
  /** Old ones, and those that no page tells of: nobody is to be sent there. */
  readonly others: ReadonlySet<string>;
}

export interface Port {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'http' | 'tcp';
  readonly publish: boolean;
  readonly path: string;
}

/** A service's port that has to answer before the service that needs it starts. */
export interface Need {
  readonly service: string;
  readonly port: string;
}

/** What a service says about itself, kept as evidence: a page of an http port, or its answer to a word on a tcp port. */
export interface StatusView {
  readonly name: string;
  readonly port: Port;
  readonly ask: { readonly kind: 'page'; readonly path: string } | { readonly kind: 'word'; readonly word: string };
}

/** A number that a status view tells, as `status` shows it: of one node, or the sum of several. */
export interface Figure {
  /** What it is about: the title of a line, e.g. HDFS. */
  readonly title: string;
  readonly label: string;
  readonly view: string;
  /** Name of the value in the view's answer. */
  readonly value: string;
  /** What it is a part of: a number for all nodes together, or the name of another value. */
  readonly of: Snippet | undefined;
  readonly unit: 'count' | 'bytes' | 'megabytes';
  /** Whether it has to be zero, or as large as `of`; undefined where every number is fine. */
  readonly well: 'none' | 'all' | undefined;
}

/** How a service runs: a Java main class with the component's class path, or any command. */
export type Launch =
  | { readonly kind: 'java'; readonly main: string; readonly heapMb: number; readonly options: readonly Snippet[] }
  | { readonly kind: 'command'; readonly command: readonly Snippet[] };

export interface Service {
  readonly name: string;
  readonly component: string;
  readonly summary: string;
  readonly launch: Launch;
  readonly arguments: readonly Snippet[];
  readonly before: Snippet | undefined;
  readonly needs: readonly Need[];
  /** Names of the config files that it reads when it starts. */
  readonly reads: readonly string[];
  readonly ports: ReadonlyMap<string, Port>;
  readonly log: string;
  /** When a node ends, services with the highest stop first. */
  readonly stopOrder: number;
  readonly status: readonly StatusView[];
  readonly figures: readonly Figure[];
  readonly ready: { readonly script: Snippet; readonly hint: string };
}

export interface Component {
  readonly name: string;
  readonly summary: string;
  /** The version when the user names none. */
  readonly version: string;
  /** Folder with what makes the image: Dockerfile, pom.xml, rootfs/. Of a component that extends: its base's. */
  readonly folder: string;
  /** The Maven project, a file in `folder`, if the component comes from a Maven repository. */
  readonly maven: string | undefined;
  readonly home: string;
  readonly requires: readonly string[];
  readonly environment: ReadonlyMap<string, Snippet>;
  readonly config: ReadonlyMap<string, ConfigFile>;
  /** Properties for config files of other components: config name to properties. */
  readonly addsTo: ReadonlyMap<string, ReadonlyMap<string, Snippet>>;
  readonly java: { readonly classpath: readonly Snippet[]; readonly options: readonly Snippet[] };
  readonly services: ReadonlyMap<string, Service>;
}

export interface GroupService {
  readonly name: string;
  /** Runs on so many of the group's first nodes at most, and on an odd number of them. */
  readonly quorum: number | undefined;
}

export interface Group {
  readonly name: string;
  /** Numbered nodes NAME1..NAMEn; undefined: one node called NAME. */
  readonly nodes: { readonly min: number; readonly max: number; readonly step: number } | undefined;
  readonly services: readonly GroupService[];
}

export interface Topology {
  readonly name: string;
  readonly groups: readonly Group[];
}

export interface Template {
  readonly name: string;
  readonly summary: string;
  /** The file it was read from. */
  readonly file: string;
  /** In the order of the image's layers; each after those it requires. */
  readonly components: readonly string[];
  readonly defaultNodes: number;
  readonly readyTimeoutMs: number;
  /** Config name to properties that go over the components' own. */
  readonly config: ReadonlyMap<string, ReadonlyMap<string, Snippet>>;
  readonly topologies: readonly Topology[];
}

export interface Catalog {
  readonly components: ReadonlyMap<string, Component>;
  readonly templates: ReadonlyMap<string, Template>;
}
