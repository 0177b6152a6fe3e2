import { registryStatus, type RegistryStatus as Status } from '../../registry/index.js';
import { BaseCommand } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

export default class RegistryStatus extends BaseCommand<Status> {
  static override summary = 'Say whether the configured registry answers.';
  static override examples = ['<%= config.bin %> registry status --json'];

  async run(): Promise<Status> {
    await this.parse(RegistryStatus);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    return registryStatus({ engine: engines.on(engines.home), address: values.registry, report: this.report });
  }

  override render({ address, kind, state, protected: locked }: Status): string {
    const hint = state === 'down' ? '; start the embedded one with: bdsandbox registry up' : '';
    return `The ${kind} registry on ${address} is ${state}${locked ? ' and asks for a password' : ''}${hint}.`;
  }

  override names({ address }: Status): string[] {
    return [address];
  }
}
