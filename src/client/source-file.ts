import type { KitFile } from './client-config.js';
import { pastProxyLines } from './no-proxy.js';
import { type Shell, shellCommands } from './shell.js';
import type { Kit } from './types.js';
import { jvmOption, kitVariables, OPTIONS } from './variables.js';

/**
 * The file of a kit that a shell takes over, with what the kit is. What the shell has in option variables stays.
 * @throws UsageError for a folder that options of a JVM cannot name
 */
export function sourceFile(kit: Kit, shell: Shell): KitFile {
  const option = jvmOption(kit.folder);
  const file = shell === 'fish' ? 'env.fish' : 'env.sh';
  const lines = [
    `# The client kit of sandbox ${kit.sandbox}. In a shell: ${shell === 'fish' ? 'source' : '.'} ${file}`,
    '# The nodes get other addresses when they start again, and with another sandbox. Then make it anew:',
    `#   bdsandbox env ${kit.sandbox} --write FOLDER`,
    '# hosts is for JVMs: java $BDSANDBOX_JAVA_OPTIONS ... (JDK 9 or newer). etc-hosts is this machine’s /etc/hosts with the',
    '# nodes in it, for containers: docker run --network host -v .../etc-hosts:/etc/hosts:ro ...',
    ...shellCommands(shell, new Map(Object.entries(kitVariables(kit, option)))),
    ...OPTIONS.map((name) => added(shell, name, option)),
    ...pastProxyLines(shell, kit.hosts),
  ];
  return { path: file, content: `${lines.join('\n')}\n` };
}

/** Sourced again, it is not there twice. */
function added(shell: Shell, name: string, option: string): string {
  if (shell === 'fish') {
    return `string match -q -- "* ${option} *" " $${name} "; or set -gx ${name} (string trim -- "$${name} ${option}")`;
  }
  return `case " \${${name}-} " in *" ${option} "*) ;; *) export ${name}="\${${name}:+$${name} }${option}" ;; esac`;
}
