import { findSandbox, inspectSandbox, type Sandbox } from '../sandbox/index.js';
import { Args, BaseCommand, sandboxFlag } from '../ui/index.js';
import { sandboxStatus } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

export default class Status extends BaseCommand<Sandbox> {
  static override summary = 'Show the nodes of a sandbox, and what each service says of itself.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status demo --json'];
  static override args = { sandbox: Args.string({ description: 'name of the sandbox; your only one by default' }) };
  static override flags = { sandbox: sandboxFlag };

  async run(): Promise<Sandbox> {
    const { args, flags } = await this.parse(Status);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    return inspectSandbox(engines, await findSandbox(engines, args.sandbox ?? flags.sandbox, values.owner));
  }

  override render(sandbox: Sandbox): Promise<string> {
    return sandboxStatus(sandbox);
  }

  override names({ name }: Sandbox): string[] {
    return [name];
  }
}
