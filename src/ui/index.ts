/** Light on purpose: every command loads this. listr2 and cli-table3 are loaded by what draws with them. */
export * as Args from '@oclif/core/args';
export * as Flags from '@oclif/core/flags';
export { attached } from './attach.js';
export { BaseCommand } from './base-command.js';
export { openInBrowser } from './browser.js';
export {
  clusterFlags,
  configFileFlags,
  newSandboxFlags,
  noStdinFlag,
  ownerFlags,
  rightsFlags,
  sandboxFlag,
  waitFlags,
  withFlag,
} from './flags.js';
export { ago, bytes, duration, until } from './format.js';
export { type LiveScreen, type LiveView, liveScreen } from './live-screen.js';
export { askLine, askSecret, confirmByTyping, isInteractive, type Question } from './prompt.js';
export { prose, stdoutColumns } from './prose.js';
export { stdoutColors } from './stdout-colors.js';
export { type Column, type TableOptions, table } from './table.js';
export { type Terminal, type TerminalSize, terminal } from './terminal.js';
export { visible, visibleText } from './visible.js';
