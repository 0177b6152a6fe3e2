import { Liquid, LiquidError } from 'liquidjs';
import { TemplateError } from '../errors/index.js';
import type { Snippet } from './types.js';

const HINT = 'values are Liquid templates; templates/components/hadoop/component.yaml lists what they can ask';

/** Filters that would make a plan depend on the clock or on chance: equal input has to give an equal plan. */
const UNPREDICTABLE = [
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
  'sample',
];

const liquid = newLiquid();

function newLiquid(): Liquid {
  // No partials: a template is data of its own file and reads no other.
  const engine = new Liquid({ strictVariables: true, strictFilters: true, templates: {} });
  for (const name of UNPREDICTABLE) delete engine.filters[name];
  return engine;
}

/** @throws TemplateError if the snippet is not Liquid; its variables are not looked at */
export function checkSnippet(snippet: Snippet): void {
  try {
    liquid.parse(snippet.text);
  } catch (error) {
    throw snippetError(snippet, error);
  }
}

export function renderSnippet(snippet: Snippet, context: object): string {
  try {
    return String(liquid.parseAndRenderSync(snippet.text, context));
  } catch (error) {
    throw snippetError(snippet, error);
  }
}

function snippetError(snippet: Snippet, error: unknown): TemplateError {
  if (!LiquidError.is(error)) throw error;
  const [row = 1] = (error as LiquidError).token.getPosition();
  // The library's message goes on with the place inside the snippet; ours is the place in the file.
  const message = (error as LiquidError).message.replace(/, (file:.*, )?line:\d+, col:\d+$/s, '');
  return new TemplateError(`${snippet.file}:${snippet.line + row - 1}: ${snippet.field}: ${message}`, HINT, {
    cause: error,
  });
}
