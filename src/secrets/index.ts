export { holdsSecret } from './holds-secret.js';
export { isKeyStore } from './names.js';
export { formatOf, Redactor, type TextFormat } from './redact.js';
export { hiddenSetting, hiddenValue, withoutSecrets } from './settings.js';
