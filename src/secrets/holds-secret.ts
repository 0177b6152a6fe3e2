import { formatOf, Redactor } from './redact.js';

/** Whether a config file has a value in it that evidence would not show. @param name decides on its format */
export function holdsSecret(name: string, content: string): boolean {
  const redactor = new Redactor(formatOf(name, true));
  redactor.redact(content);
  return redactor.places > 0;
}
