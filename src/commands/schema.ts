import { Args, BaseCommand } from '../ui/index.js';
import { listSchemas, readSchema } from '../wiring/index.js';

type Shown =
  | { readonly commands: readonly string[] }
  | { readonly command: string; readonly schema: Readonly<Record<string, unknown>> };

export default class SchemaCommand extends BaseCommand<Shown> {
  static override summary = 'Print the JSON Schema of what a command prints with --json.';
  static override description = 'Of this version of the program, in draft 2020-12. Without COMMAND: which there are.';
  static override examples = [
    '<%= config.bin %> schema ls',
    '<%= config.bin %> schema snapshots show > snapshots-show.json',
  ];
  static override usage = 'schema [COMMAND]';
  static override strict = false;
  static override args = {
    command: Args.string({ ignoreStdin: true, description: 'the command, such as ls or snapshots ls' }),
  };

  protected override readonly texts = ['schema'];

  async run(): Promise<Shown> {
    const { argv } = await this.parse(SchemaCommand);
    const command = argv.map(String).join(' ');
    if (command === '') return { commands: await listSchemas() };
    return { command, schema: await readSchema(command) };
  }

  override render(shown: Shown): string {
    return 'commands' in shown ? shown.commands.join('\n') : JSON.stringify(shown.schema, null, 2);
  }

  override names(shown: Shown): string[] {
    return 'commands' in shown ? [...shown.commands] : [this.render(shown)];
  }
}
