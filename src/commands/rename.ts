import { type Renamed, renameSandbox, selectSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, ownerFlags } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

export default class Rename extends BaseCommand<Renamed> {
  static override summary = 'Give a sandbox another name.';
  static override description =
    'In any state, without a pause: processes and the nodes’ own names stay as they are. Snapshots keep the name that the sandbox had at their moment.';
  static override examples = ['<%= config.bin %> rename demo bug-123'];
  static override args = {
    sandbox: Args.string({ required: true, ignoreStdin: true, description: 'name of the sandbox' }),
    name: Args.string({ required: true, ignoreStdin: true, description: 'the new one: 1 to 40 of a-z, 0-9 and -' }),
  };
  static override flags = { ...ownerFlags };

  async run(): Promise<Renamed> {
    const { args, flags } = await this.parse(Rename);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await selectSandbox(engines, {
      name: args.sandbox,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'rename',
      rest: args.name,
    });
    return renameSandbox({ engines, report: this.report, signal: this.signal }, record, args.name);
  }

  override render({ name, before }: Renamed): string {
    return `${before} is ${name} now.`;
  }

  override names({ name }: Renamed): string[] {
    return [name];
  }
}
