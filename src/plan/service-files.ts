import { type Component, renderSnippet, type Service, type Snippet } from '../catalog/index.js';
import { quote } from '../errors/index.js';
import { type NodeContext, type ServiceContext, withComponent, withService } from './context.js';
import type { Place } from './layout.js';
import type { RenderedFile, RestartPolicy } from './types.js';

export interface ServiceFilesInput {
  readonly service: Service;
  readonly component: Component;
  readonly place: Place;
  readonly places: readonly Place[];
  readonly context: NodeContext;
  readonly restart: RestartPolicy;
}

/** The service's folder in /etc/bdsandbox/services. */
export function serviceFilesOf(input: ServiceFilesInput): RenderedFile[] {
  const { service, component, place, restart } = input;
  const outer = withComponent(input.context, component);
  const context = withService(outer, service, javaOf(service, component, withService(outer, service, '')));
  const folder = `/etc/bdsandbox/services/${service.name}`;
  const head = ['#!/bin/bash', `# ${service.name} of ${component.name} on ${place.name}`];
  const run = [
    ...head,
    `. /usr/lib/bdsandbox/service ${service.name}`,
    ...addressesOf(input).map((address) => `await ${address}`),
    ...scriptOf(service.before, context),
    `exec ${commandOf(service, context).join(' ')}`,
  ];
  const ready = [...head, '. /usr/lib/bdsandbox/ask', ...scriptOf(service.ready.script, context)];
  return [
    { path: `${folder}/run`, content: `${run.join('\n')}\n`, mode: 0o755 },
    { path: `${folder}/ready`, content: `${ready.join('\n')}\n`, mode: 0o755 },
    { path: `${folder}/restart`, content: `${restart}\n`, mode: 0o644 },
    { path: `${folder}/log`, content: `${service.log}\n`, mode: 0o644 },
    { path: `${folder}/order`, content: `${service.stopOrder}\n`, mode: 0o644 },
    ...(service.status.length > 0 ? [{ path: `${folder}/status`, content: statusOf(input), mode: 0o644 }] : []),
    ...(service.figures.length > 0
      ? [{ path: `${folder}/figures`, content: figuresOf(service, context), mode: 0o644 }]
      : []),
  ];
}

/** A line for each: VIEW URL, or VIEW HOST:PORT WORD. */
function statusOf({ service, place }: ServiceFilesInput): string {
  return service.status
    .map(({ name, port: { port }, ask }) => {
      const address = `${place.name}:${port}`;
      return ask.kind === 'page' ? `${name} http://${address}${ask.path}\n` : `${name} ${address} ${ask.word}\n`;
    })
    .join('');
}

/** A line for each, of fields between tabs: VIEW VALUE OF UNIT WELL TITLE LABEL; `-` for what it has not. */
function figuresOf({ figures }: Service, context: ServiceContext): string {
  return figures
    .map(({ title, label, view, value, of, unit, well }) => {
      const whole = of ? renderSnippet(of, context).trim() : '';
      return `${[view, value, whole || '-', unit, well ?? '-', title, label].join('\t')}\n`;
    })
    .join('');
}

/** HOST:PORT of all that has to answer first, on every node that has it. */
function addressesOf({ service, places }: ServiceFilesInput): string[] {
  return service.needs.flatMap((need) =>
    places.flatMap((place) =>
      place.services
        .filter(({ name }) => name === need.service)
        .flatMap(({ ports }) => ports.get(need.port) ?? [])
        .map(({ port }) => `${place.name}:${port}`),
    ),
  );
}

function commandOf({ launch, arguments: args }: Service, context: ServiceContext): string[] {
  return launch.kind === 'java'
    ? [context.service.java, quote(launch.main), ...words(args, context)]
    : [...words([...launch.command, ...args], context)];
}

function javaOf({ launch }: Service, { java }: Component, context: ServiceContext): string {
  if (launch.kind !== 'java') return '';
  const classpath = java.classpath.map((snippet) => renderSnippet(snippet, context).trim()).join(':');
  const options = words([...java.options, ...launch.options], context);
  const heap = `-Xmx${launch.heapMb}m`;
  return ['java', '@/usr/lib/bdsandbox/jvm.options', heap, ...options, '-cp', quote(classpath)].join(' ');
}

function words(snippets: readonly Snippet[], context: ServiceContext): string[] {
  return snippets.map((snippet) => quote(renderSnippet(snippet, context).trim()));
}

function scriptOf(script: Snippet | undefined, context: ServiceContext): string[] {
  return script === undefined ? [] : [renderSnippet(script, context).trimEnd()];
}
