import type { Range } from './detect.js';

export { holdsSecret } from './holds-secret.js';
export { isKeyStore } from './names.js';
export { formatOf, Redactor, type TextFormat } from './redact.js';
export { hiddenSetting, hiddenValue, withoutSecrets } from './settings.js';

/** For Redactor. It is large, and most commands need none. */
export async function loadDetector(): Promise<(text: string) => readonly Range[]> {
  return (await import('./detect.js')).detect;
}
