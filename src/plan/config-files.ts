import { type Component, type ConfigFile, renderSnippet, type Snippet, type Template } from '../catalog/index.js';
import { BugError, TemplateError } from '../errors/index.js';
import type { ComponentContext } from './context.js';
import { hadoopXml } from './hadoop-xml.js';
import { propertiesText } from './properties.js';
import type { Settings } from './settings.js';
import type { RenderedFile } from './types.js';

/** A config file with everything that goes into it: templates to render, and the user's settings as they are. */
export interface MergedConfig {
  readonly file: ConfigFile;
  readonly component: Component;
  readonly properties: ReadonlyMap<string, Snippet | string>;
}

/** Later wins: the component's own properties, other components' additions, the template's, the user's. */
export function configFilesOf(
  components: readonly Component[],
  template: Template,
  settings: Settings,
): MergedConfig[] {
  return components.flatMap((component) =>
    [...component.config.values()].map((file) => ({
      file,
      component,
      properties: new Map<string, Snippet | string>([
        ...file.properties,
        ...components.flatMap(({ addsTo }) => [...(addsTo.get(file.name) ?? [])]),
        ...(template.config.get(file.name) ?? []),
        ...(settings.get(file.name) ?? []),
      ]),
    })),
  );
}

export function renderConfig({ file, properties }: MergedConfig, context: ComponentContext): RenderedFile {
  const values = new Map([...properties].map(([key, value]) => [key, renderValue(value, context)]));
  return { path: file.path, content: contentOf(file, values, context), mode: 0o644 };
}

function contentOf({ name, format, text }: ConfigFile, values: ReadonlyMap<string, string>, context: ComponentContext) {
  const rest = text === undefined ? '' : renderSnippet(text, context);
  switch (format) {
    case 'hadoop-xml':
      return hadoopXml(values);
    case 'properties':
      return propertiesText(values) + (rest.trim() === '' ? '' : `${rest.trim()}\n`);
    case 'text':
      if (text === undefined) throw new BugError(`the text file ${name} has no text`, 'report this');
      return rest;
  }
}

function renderValue(value: Snippet | string, context: ComponentContext): string {
  if (typeof value === 'string') return value;
  const text = renderSnippet(value, context).trim();
  if (!/\p{Cc}/u.test(text)) return text;
  throw new TemplateError(
    `${value.file}:${value.line}: ${value.field}: the value has a control character`,
    'for a value over several lines use a folded block (>-)',
  );
}
