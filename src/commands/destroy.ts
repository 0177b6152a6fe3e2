import { UsageError } from '../errors/index.js';
import { type DestroyRequest, destroySandboxes, selectForDestroy, sweepExpired } from '../sandbox/index.js';
import { Args, BaseCommand, confirmByTyping, Flags } from '../ui/index.js';
import { openEngines } from '../wiring/index.js';

interface Destroyed {
  readonly destroyed: readonly string[];
}

export default class Destroy extends BaseCommand<Destroyed> {
  static override summary = 'Remove sandboxes with all their data.';
  static override description = 'Asks for the name to be typed, unless --force is given.';
  static override examples = [
    '<%= config.bin %> destroy demo',
    '<%= config.bin %> destroy demo other --force',
    '<%= config.bin %> destroy --expired --force',
  ];
  static override strict = false;
  static override args = { sandbox: Args.string({ description: 'names of sandboxes' }) };
  static override flags = {
    all: Flags.boolean({ description: 'all of yours', exclusive: ['expired'] }),
    expired: Flags.boolean({ description: 'those of yours whose time is over' }),
    force: Flags.boolean({ char: 'f', description: 'do not ask' }),
    owner: Flags.string({ description: "whose they are; with --force also another owner's" }),
  };

  async run(): Promise<Destroyed> {
    const { argv, flags } = await this.parse(Destroy);
    const { values } = await this.loadConfig();
    const names = argv.map(String);
    const bulk = flags.all ? 'all' : flags.expired ? 'expired' : undefined;
    if ((names.length === 0) === (bulk === undefined)) {
      throw new UsageError('say which: names of sandboxes, --all or --expired', 'see bdsandbox ls');
    }
    const request: DestroyRequest = {
      which: bulk ?? { names },
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
    };
    const engines = await openEngines(values);
    const records = await selectForDestroy(engines, request);
    if (!flags.force && records.length > 0) {
      const what = records.map(({ sandbox }) => sandbox.name).join(' ');
      await confirmByTyping({
        name: what,
        question: `This removes ${what} and all data in ${records.length === 1 ? 'it' : 'them'}.`,
        flag: '--force',
      });
    }
    const destroyed = await destroySandboxes(engines, records, this.report);
    await sweepExpired(engines, { owner: values.owner }, this.report);
    return { destroyed };
  }

  override render({ destroyed }: Destroyed): string {
    return destroyed.length === 0 ? 'Nothing to destroy.' : `Destroyed ${destroyed.join(', ')}.`;
  }

  override names({ destroyed }: Destroyed): readonly string[] {
    return destroyed;
  }
}
