import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { UsageError } from '../errors/index.js';
import { renderRootHelp } from './root-help.js';

/** The summary once, since it stands above all; no default that is empty; dots only where nothing else tells them. */
class SandboxCommandHelp extends CommandHelp {
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }

  protected override args(args: Command.Arg.Any[]): [string, string | undefined][] | undefined {
    const rows = super.args(args);
    if (this.command.usage === undefined) return rows;
    return rows?.map(([name, text]) => [name.replace('...', ''), text]);
  }

  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    return super.flags(
      flags.map((flag) =>
        Array.isArray(flag.default) && flag.default.length === 0 ? { ...flag, default: undefined } : flag,
      ),
    );
  }
}

/** oclif's help for commands and topics; our own first page, in groups. */
export default class SandboxHelp extends Help {
  protected override CommandHelpClass = SandboxCommandHelp;

  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (error) {
      // Help throws oclif's own error for a subject it doesn't know.
      if (error instanceof Error && 'oclif' in error) {
        const subject = argv.filter((word) => !word.startsWith('-')).join(' ');
        throw new UsageError(`there is no command "${subject}"`, 'bdsandbox help', { cause: error });
      }
      throw error;
    }
  }

  protected override async showRootHelp(): Promise<void> {
    const { config } = this;
    const summaryOf = (text: string | undefined): string => (text ?? '').split('\n')[0] ?? '';
    const text = renderRootHelp({
      description: summaryOf(config.pjson.description),
      version: config.version,
      commands: this.sortedCommands.map((command) => ({
        id: command.id.replaceAll(':', ' '),
        summary: summaryOf(command.summary ?? command.description),
      })),
      topics: this.sortedTopics.map((topic) => ({
        id: topic.name.replaceAll(':', ' '),
        summary: summaryOf(topic.description),
      })),
    });
    this.log(text);
  }
}
