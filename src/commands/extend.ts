import { parseTimeToLive } from '../config/index.js';
import { type Extended, extendSandbox, selectSandbox } from '../sandbox/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag, until } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

export default class Extend extends BaseCommand<Extended> {
  static override summary = 'Give a sandbox another time to live.';
  static override description =
    'Your next command after that time destroys it. Works in any state, also on one that is stopped, paused, or over and still there.';
  static override examples = [
    '<%= config.bin %> extend --ttl 8h',
    '<%= config.bin %> extend demo --ttl +2h',
    '<%= config.bin %> extend demo --ttl never',
  ];
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'name of the sandbox; your only one by default' }),
  };
  static override flags = {
    ttl: Flags.string({
      required: true,
      description: 'from now on, such as 90m, 8h or 2d; +8h: after the end it has now; never',
    }),
    sandbox: sandboxFlag,
    ...ownerFlags,
  };

  async run(): Promise<Extended> {
    const { args, flags } = await this.parse(Extend);
    const ttl = parseTimeToLive(flags.ttl);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const record = await selectSandbox(engines, {
      name: args.sandbox ?? flags.sandbox,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'extend',
      rest: `--ttl ${flags.ttl}`,
    });
    return extendSandbox({ engines, report: this.report }, record, ttl);
  }

  override render({ name, expiresAt }: Extended): string {
    if (expiresAt === null) return `${name} stays until it is destroyed.`;
    return `${name} ends ${until(expiresAt)}, at ${expiresAt}.`;
  }

  override names({ name }: Extended): string[] {
    return [name];
  }
}
