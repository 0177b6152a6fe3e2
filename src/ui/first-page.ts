import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { type HelpEntry, renderRootHelp } from './root-help.js';

/** The parts we read of the two files; both are ours. */
interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly oclif: { readonly topics: Readonly<Record<string, { readonly description: string }>> };
}

interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

interface ManifestCommand {
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly description?: string;
}

/**
 * The answer to `--version` and to the plain `--help`, straight from the manifest: loading oclif for them takes longer
 * than all the rest of the program's start. Undefined for any other command line, or when there's no manifest yet.
 */
export function answerAtOnce(argv: readonly string[], root: string): string | undefined {
  if (argv.length > 1) return undefined;
  switch (argv[0]) {
    case '--version': {
      const { name, version } = readJson<PackageFile>(join(root, 'package.json'));
      return `${name}/${version} ${platform()}-${arch()} node-${process.version}`;
    }
    case undefined:
    case '--help':
    case '-h':
    case 'help':
      return firstPage(root);
    default:
      return undefined;
  }
}

function firstPage(root: string): string | undefined {
  let manifest: Manifest;
  try {
    manifest = readJson<Manifest>(join(root, 'oclif.manifest.json'));
  } catch {
    return undefined;
  }
  const { description, version, oclif } = readJson<PackageFile>(join(root, 'package.json'));
  const shown = Object.entries(manifest.commands).filter(([, command]) => command.hidden !== true);
  const commands = shown.map(([id, command]) => toEntry(id, command.summary ?? command.description ?? ''));
  const topics = Object.entries(oclif.topics)
    .filter(([topic]) => shown.some(([id]) => id.startsWith(`${topic}:`)))
    .map(([topic, about]) => toEntry(topic, about.description));
  return renderRootHelp({ description, version, commands, topics });
}

function toEntry(id: string, text: string): HelpEntry {
  return { id: id.replaceAll(':', ' '), summary: text.split('\n')[0] ?? '' };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
