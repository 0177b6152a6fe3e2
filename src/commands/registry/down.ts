import { registryDown } from '../../registry/index.js';
import { BaseCommand, confirmByTyping, Flags } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface Down {
  readonly address: string;
  readonly purged: boolean;
}

export default class RegistryDown extends BaseCommand<Down> {
  static override summary = 'Stop the embedded image registry; its images are kept.';
  static override examples = ['<%= config.bin %> registry down', '<%= config.bin %> registry down --purge --force'];
  static override flags = {
    purge: Flags.boolean({ description: 'remove its images too' }),
    force: Flags.boolean({ char: 'f', description: 'do not ask' }),
  };

  async run(): Promise<Down> {
    const { flags } = await this.parse(RegistryDown);
    const { values } = await this.loadConfig();
    if (flags.purge && !flags.force) {
      await confirmByTyping({
        name: values.registry,
        question: 'This removes every image of the registry.',
        flag: '--force',
      });
    }
    const engines = await openEngines(values);
    await registryDown(
      { engine: engines.on(engines.home), address: values.registry, report: this.report },
      flags.purge,
    );
    return { address: values.registry, purged: flags.purge };
  }

  override render({ address, purged }: Down): string {
    return `The registry on ${address} is down${purged ? ' and its images are gone' : '; its images are kept'}.`;
  }

  override names({ address }: Down): string[] {
    return [address];
  }
}
