import { UsageError } from '../../errors/index.js';
import { Flow } from '../../events/index.js';
import { registryRecipe } from '../../images/index.js';
import { type RegistryStatus, registryUp } from '../../registry/index.js';
import { askSecret, BaseCommand, Flags } from '../../ui/index.js';
import { IMAGES_FOLDER, openEngines } from '../../wiring/index.js';

export default class RegistryUp extends BaseCommand<RegistryStatus> {
  static override summary = 'Start the embedded image registry of this machine.';
  static override description =
    'Listens on the configured address (127.0.0.1:5000 by default) and keeps its images in a volume. With --user it asks for a password from then on, taken from BDSANDBOX_REGISTRY_PASSWORD or from the terminal.';
  static override examples = ['<%= config.bin %> registry up', '<%= config.bin %> registry up --user qa'];
  static override flags = { user: Flags.string({ description: 'let in only this user, with a password' }) };

  async run(): Promise<RegistryStatus> {
    const { flags } = await this.parse(RegistryUp);
    const { values } = await this.loadConfig();
    const credentials = flags.user === undefined ? undefined : { user: flags.user, password: await password() };
    const engines = await openEngines(values);
    const context = {
      engine: engines.on(engines.home),
      address: values.registry,
      signal: this.signal,
      report: this.report,
    };
    const flow = new Flow('Registry', [{ id: 'registry', title: 'Registry' }], this.report);
    return flow.step('registry', (step) =>
      registryUp(context, { recipe: () => registryRecipe(IMAGES_FOLDER), credentials, onProgress: step.progress }),
    );
  }

  override render(status: RegistryStatus): string {
    return `The registry is up on ${status.address}${status.protected ? ' and asks for a password' : ''}.`;
  }

  override names({ address }: RegistryStatus): string[] {
    return [address];
  }
}

async function password(): Promise<string> {
  const given =
    process.env['BDSANDBOX_REGISTRY_PASSWORD'] ??
    (await askSecret({ question: 'Password of the registry: ', flag: 'BDSANDBOX_REGISTRY_PASSWORD' }));
  if (given === '') throw new UsageError('the password is empty', 'set BDSANDBOX_REGISTRY_PASSWORD');
  return given;
}
