import { completionScript, SHELLS, type Shell } from '../complete/index.js';
import { Args, BaseCommand } from '../ui/index.js';

interface Completion {
  readonly shell: Shell;
  readonly script: string;
}

export default class CompletionCommand extends BaseCommand<Completion> {
  static override summary = 'Print what makes your shell complete commands and names.';
  static override description =
    'Names of sandboxes, nodes, snapshots, templates and the like are asked at each press, and left out when the engine does not answer within a second.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    'source <(<%= config.bin %> completion zsh)',
    '<%= config.bin %> completion fish | source',
  ];
  static override args = {
    shell: Args.string({ ignoreStdin: true, required: true, options: [...SHELLS], description: 'bash, zsh or fish' }),
  };

  protected override readonly texts = ['script'];

  async run(): Promise<Completion> {
    const { args } = await this.parse(CompletionCommand);
    const shell = args.shell as Shell;
    return { shell, script: completionScript(shell) };
  }

  override render({ script }: Completion): string {
    return script.trimEnd();
  }

  override names(completion: Completion): string[] {
    return [this.render(completion)];
  }
}
