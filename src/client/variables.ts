import path from 'node:path';
import { UsageError } from '../errors/index.js';
import { FOLDER_VARIABLE } from './client-config.js';
import { pastProxies } from './no-proxy.js';
import type { Changes } from './shell.js';
import { JVM_HOSTS, type Kit } from './types.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a program learns the nodes' names: from a property of its JVM, or from an /etc/hosts of its own. */
export type Names = 'jvm' | 'hosts';

/** Options of the JVMs of Hadoop's commands, HBase's, Spark's driver and ZooKeeper's. What users have in them stays. */
export const OPTIONS: readonly string[] = ['HADOOP_CLIENT_OPTS', 'HBASE_OPTS', 'SPARK_SUBMIT_OPTS', 'CLIENT_JVMFLAGS'];
/** Of every JVM. */
const ALL_JVMS = 'JAVA_TOOL_OPTIONS';
const KIT = 'BDSANDBOX_KIT';
/** JSON: the variables that a kit took the place of, with their values before; null for none. */
const BEFORE = 'BDSANDBOX_KIT_BEFORE';

/** The name under which tools keep the JVM's property, for those who write a java command line. */
const JAVA_OPTIONS = 'BDSANDBOX_JAVA_OPTIONS';

/**
 * What the kit changes in an environment, which may have another kit's, or an older one of its own.
 * @throws UsageError for a folder that JVM options cannot name
 */
export function enterKit(
  kit: Kit,
  environment: Environment,
  { names, allJvms }: { readonly names: Names; readonly allJvms: boolean },
): Changes {
  const option = names === 'jvm' ? jvmOption(kit.folder) : undefined;
  const own = changed(environment, withoutKit(environment));
  const past = pastProxies(kit.hosts, { ...own, [BEFORE]: undefined });
  const taken = { ...kitVariables(kit, option), ...past };
  const remembered = Object.keys(taken).map((name) => [name, own[name] ?? null]);
  return new Map([
    ...withoutKit(environment),
    ...Object.entries(taken),
    [BEFORE, JSON.stringify(Object.fromEntries(remembered))],
    ...(option === undefined ? [] : [...OPTIONS, ...(allJvms ? [ALL_JVMS] : [])]).map(
      (name) => [name, joined(past[name] ?? own[name] ?? '', option ?? '')] as const,
    ),
  ]);
}

/** Back to what was before; undefined when the environment has no kit. */
export function leaveKit(environment: Environment): Changes | undefined {
  const folder = environment[KIT];
  if (folder === undefined) return undefined;
  // A kit that was sourced from its folder remembers nothing.
  const own = Object.keys(environment).filter(
    (name) => FOLDER_VARIABLE.test(name) && environment[name]?.startsWith(`${folder}${path.sep}`) === true,
  );
  return new Map([
    ...['BDSANDBOX_SANDBOX', KIT, 'BDSANDBOX_CLIENT_ADDRESS', JAVA_OPTIONS, BEFORE, ...own].map(
      (name) => [name, undefined] as const,
    ),
    ...withoutKit(environment),
  ]);
}

/** An environment after the changes. */
export function changed(environment: Environment, changes: Changes): Record<string, string | undefined> {
  return { ...environment, ...Object.fromEntries(changes) };
}

/** For options of a JVM. @throws UsageError: the commands of Hadoop and HBase split these at blanks, quoted or not */
export function jvmOption(folder: string): string {
  if (!/[\s'"`\\$*?[\]]/.test(folder)) return `-Djdk.net.hosts.file=${path.join(folder, JVM_HOSTS)}`;
  throw new UsageError(
    `the kit's folder '${folder}' has a character in it that options of a JVM cannot have`,
    'use a folder without blanks and quotes (XDG_CACHE_HOME names the one of kits), or bdsandbox run, which needs no such option',
  );
}

/** The variables that are the kit's alone. @param option of a JVM; undefined where none is needed */
export function kitVariables(kit: Kit, option: string | undefined): Record<string, string> {
  return {
    BDSANDBOX_SANDBOX: kit.sandbox,
    [KIT]: kit.folder,
    BDSANDBOX_CLIENT_ADDRESS: kit.clientAddress,
    ...Object.fromEntries(Object.entries(kit.folders).map(([name, folder]) => [name, path.join(kit.folder, folder)])),
    ...(option === undefined ? {} : { [JAVA_OPTIONS]: option }),
  };
}

function readBefore(environment: Environment): Map<string, string | null> {
  try {
    const before: unknown = JSON.parse(environment[BEFORE] ?? '{}');
    const entries = Object.entries(before ?? {}) as [string, unknown][];
    return new Map(
      entries.flatMap(([name, value]) =>
        /^[A-Za-z_]\w*$/.test(name) && (value === null || typeof value === 'string') ? [[name, value] as const] : [],
      ),
    );
  } catch {
    return new Map();
  }
}

/** What a kit took the place of, and the option variables without its option. */
function withoutKit(environment: Environment): Map<string, string | undefined> {
  return new Map([
    ...withoutOption(environment),
    ...[...readBefore(environment)].map(([name, value]) => [name, value ?? undefined] as const),
  ]);
}

/** The option variables that have a kit's option, without it. */
function withoutOption(environment: Environment): [string, string | undefined][] {
  return [...OPTIONS, ALL_JVMS].flatMap((name) => {
    const rest = cleaned(environment, name);
    return rest === (environment[name] ?? '') ? [] : [[name, rest === '' ? undefined : rest]];
  });
}

function cleaned(environment: Environment, name: string): string {
  const folder = environment[KIT];
  const value = environment[name] ?? '';
  if (folder === undefined) return value;
  const option = `-Djdk.net.hosts.file=${path.join(folder, JVM_HOSTS)}`;
  // As it was put there: at the end, or alone. Whoever added to it put more behind.
  return ` ${value} `.replaceAll(` ${option} `, ' ').slice(1, -1);
}

function joined(value: string, option: string): string {
  return value === '' ? option : `${value} ${option}`;
}
