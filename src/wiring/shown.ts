import type { Catalog, ComponentDetails, ComponentSummary, TemplateSummary } from '../catalog/index.js';
import type { ConfigValues } from '../config/index.js';
import type { TemplateDetails } from '../plan/index.js';
import { fromTemplates } from './from-templates.js';

/** @see index.ts */
export function shownTemplates(values: ConfigValues): Promise<TemplateSummary[]> {
  return shown(values, ['templates'], async (catalog) => (await import('../catalog/index.js')).listTemplates(catalog));
}

/** @see index.ts */
export function shownTemplate(values: ConfigValues, name: string): Promise<TemplateDetails> {
  return shown(values, ['template', name], async (catalog) =>
    (await import('../plan/index.js')).describeTemplate(catalog, name),
  );
}

/** @see index.ts */
export function shownComponents(values: ConfigValues): Promise<ComponentSummary[]> {
  return shown(values, ['components'], async (catalog) =>
    (await import('../catalog/index.js')).listComponents(catalog),
  );
}

/** @see index.ts */
export function shownComponent(values: ConfigValues, name: string): Promise<ComponentDetails> {
  return shown(values, ['component', name], async (catalog) =>
    (await import('../catalog/index.js')).describeComponent(catalog, name),
  );
}

/** @see index.ts */
export function clusterImages(
  values: ConfigValues,
): Promise<{ readonly template: string; readonly reference: string }[]> {
  const { mavenRepository } = values;
  return shown(values, ['images', mavenRepository ?? ''], async (catalog) =>
    (await import('./cluster.js')).clusterImages(catalog, mavenRepository),
  );
}

function shown<T>(values: ConfigValues, words: readonly string[], show: (catalog: Catalog) => Promise<T>): Promise<T> {
  return fromTemplates(values, { shown: words }, import.meta.url, async () =>
    show(await (await import('./catalog.js')).openCatalog(values)),
  );
}
