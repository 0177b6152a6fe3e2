import path from 'node:path';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));

/** Where the tiny template is found, as a user's own templates are. */
export const TINY = { BDSANDBOX_TEMPLATES: path.join(fixtures, 'templates') };
export const BROKEN = { BDSANDBOX_TEMPLATES: path.join(fixtures, 'broken') };
