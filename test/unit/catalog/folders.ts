import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own templates. */
export const SHIPPED = fileURLToPath(new URL('../../../templates', import.meta.url));

/** A folder with these files, removed when the variable's scope ends. */
export async function folderWith(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), 'bdsandbox-catalog-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** A component with one service, as small as can be. */
export const SMALL_COMPONENT = `name: echo
summary: says what it hears
version: '1'
config:
  echo-conf:
    path: /etc/echo/echo.conf
    format: properties
    properties:
      port: '{{ ports.echo.main }}'
services:
  echo:
    summary: the echo
    command: [echo, hello]
    ports:
      main: {port: 7}
    ready:
      script: 'true'
      hint: listen
`;

export const SMALL_TEMPLATE = `name: echoes
summary: a cluster of echoes
components: [echo]
defaultNodes: 1
topologies:
  single:
    groups:
      - name: sandbox
        services: [echo]
`;
