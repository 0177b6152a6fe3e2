import { didYouMean } from '../errors/index.js';
import type { Definition } from './definition.js';
import { checkSnippet } from './liquid.js';
import {
  componentSchema,
  type RawComponent,
  type RawFigure,
  type RawService,
  type RawStatus,
} from './schema/component.js';
import { validate } from './schema/validate.js';
import type {
  Component,
  ConfigFile,
  Figure,
  KnownKeys,
  Launch,
  Need,
  Port,
  Service,
  Snippet,
  StatusView,
} from './types.js';

/** What is read beside component.yaml: its folder for the image, and the texts of the files that `config` names. */
export interface ComponentFolder {
  readonly imageFolder: string;
  /** Undefined: there is no such file. */
  readonly readText: (innerPath: string) => { readonly file: string; readonly text: string } | undefined;
}

export function toComponent(definition: Definition, expectedName: string, folder: ComponentFolder): Component {
  const raw = validate(definition, componentSchema);
  if (raw.name !== expectedName) {
    throw definition.error(['name'], `"${raw.name}" is in the folder "${expectedName}"; both have to be the same`);
  }
  const component: Component = {
    name: raw.name,
    summary: raw.summary,
    version: raw.version,
    folder: folder.imageFolder,
    maven: raw.source?.maven,
    home: raw.home ?? `/opt/${raw.name}`,
    requires: raw.requires,
    environment: definition.snippetMap(raw.environment, 'environment'),
    config: new Map(Object.keys(raw.config).map((name) => [name, toConfigFile(definition, raw, name, folder)])),
    addsTo: new Map(
      Object.entries(raw.addsTo).map(([name, properties]) => [name, definition.snippetMap(properties, 'addsTo', name)]),
    ),
    java: {
      classpath: definition.snippets(raw.java?.classpath ?? [], 'java', 'classpath'),
      options: definition.snippets(raw.java?.options ?? [], 'java', 'options'),
    },
    services: new Map(
      Object.entries(raw.services).map(([name, service]) => [name, toService(definition, raw, name, service)]),
    ),
  };
  for (const snippet of snippetsOf(component)) checkSnippet(snippet);
  return component;
}

function toConfigFile(definition: Definition, raw: RawComponent, name: string, folder: ComponentFolder): ConfigFile {
  const config = raw.config[name];
  if (config === undefined) throw new TypeError(`no config ${name}`);
  return {
    name,
    path: config.path,
    format: config.format,
    properties: definition.snippetMap(config.properties ?? {}, 'config', name, 'properties'),
    text: toText(),
    knownKeys: toKeys(),
  };

  function toText(): Snippet | undefined {
    if (config?.file === undefined) return definition.optionalSnippet(config?.text, 'config', name, 'text');
    return { ...textOf('file', config.file), line: 1, field: `config.${name}` };
  }

  function toKeys(): (() => KnownKeys) | undefined {
    if (config?.keys === undefined) return undefined;
    const { text } = textOf('keys', config.keys);
    // Thousands, of which most runs need none.
    return () => toKnownKeys(text);
  }

  function textOf(key: 'file' | 'keys', innerPath: string): { readonly text: string; readonly file: string } {
    const found = folder.readText(innerPath);
    if (found === undefined) throw definition.error(['config', name, key], `there is no file "${innerPath}"`);
    return found;
  }
}

/** One a line; those that are known but not to be suggested have a ~ before them. */
function toKnownKeys(text: string): KnownKeys {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return {
    documented: new Set(lines.filter((line) => !line.startsWith('~'))),
    others: new Set(lines.flatMap((line) => (line.startsWith('~') ? [line.slice(1)] : []))),
  };
}

function toService(definition: Definition, raw: RawComponent, name: string, service: RawService): Service {
  const path = ['services', name];
  if (service.main !== undefined && raw.java === undefined) {
    throw definition.error([...path, 'main'], 'a Java service needs the class path of its component, java.classpath');
  }
  const ports = new Map(Object.entries(service.ports).map(([port, values]) => [port, { name: port, ...values }]));
  return {
    name,
    component: raw.name,
    summary: service.summary,
    launch: toLaunch(),
    arguments: definition.snippets(service.arguments, ...path, 'arguments'),
    before: definition.optionalSnippet(service.before, ...path, 'before'),
    needs: service.needs.map(toNeed),
    reads: service.reads ?? Object.keys(raw.config),
    ports,
    stopOrder: service.stopOrder,
    log: service.log ?? `/var/log/bdsandbox/${name}.log`,
    status: Object.entries(service.status).map(([view, values]) => toStatusView(view, values, ports)),
    figures: Object.entries(service.figures).flatMap(([title, figures]) =>
      Object.entries(figures).map(([label, figure]) => toFigure(title, label, figure)),
    ),
    ready: { script: definition.snippet(...path, 'ready', 'script'), hint: service.ready.hint },
  };

  function toLaunch(): Launch {
    const { main, heapMb, options, command } = service;
    if (main === undefined || heapMb === undefined) {
      return { kind: 'command', command: definition.snippets(command ?? [], ...path, 'command') };
    }
    return { kind: 'java', main, heapMb, options: definition.snippets(options, ...path, 'options') };
  }

  function toStatusView(view: string, status: RawStatus, known: ReadonlyMap<string, Port>): StatusView {
    const at = [...path, 'status', view];
    const port = known.get(status.port);
    if (port === undefined) {
      const suggestion = didYouMean(status.port, known.keys());
      throw definition.error([...at, 'port'], `the service ${name} has no port "${status.port}"${suggestion}`);
    }
    if (status.path === undefined) return { name: view, port, ask: { kind: 'word', word: status.say ?? '' } };
    if (port.protocol === 'http') return { name: view, port, ask: { kind: 'page', path: status.path } };
    throw definition.error([...at, 'path'], `the port ${port.name} of ${name} is not http, it has no pages`);
  }

  function toFigure(title: string, label: string, { view, value, of, unit, well }: RawFigure): Figure {
    const at = [...path, 'figures', title, label];
    const views = Object.keys(service.status);
    if (!views.includes(view)) {
      throw definition.error([...at, 'view'], `the service ${name} has no status "${view}"${didYouMean(view, views)}`);
    }
    return { title, label, view, value, of: definition.optionalSnippet(of, ...at, 'of'), unit, well };
  }
}

function toNeed(text: string): Need {
  const [service = '', port = ''] = text.split('.');
  return { service, port };
}

function snippetsOf({ environment, config, addsTo, java, services }: Component): Snippet[] {
  return [
    ...environment.values(),
    ...[...config.values()].flatMap((file) => [...file.properties.values(), ...(file.text ? [file.text] : [])]),
    ...[...addsTo.values()].flatMap((properties) => [...properties.values()]),
    ...java.classpath,
    ...java.options,
    ...[...services.values()].flatMap((service) => [
      ...(service.launch.kind === 'java' ? service.launch.options : service.launch.command),
      ...service.arguments,
      ...(service.before ? [service.before] : []),
      ...service.figures.flatMap(({ of }) => of ?? []),
      service.ready.script,
    ]),
  ];
}
