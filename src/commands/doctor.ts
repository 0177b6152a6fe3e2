import { type Examined, examine } from '../doctor/index.js';
import { BaseCommand } from '../ui/index.js';
import { checkTable } from '../views/index.js';
import { clusterImages, openEngines } from '../wiring/index.js';

interface Diagnosis {
  readonly checks: readonly Examined[];
}

export default class Doctor extends BaseCommand<Diagnosis> {
  static override summary = 'Check what bdsandbox needs of this machine, and say what to do.';
  static override description = 'The exit code is 1 when a check failed, and 0 with warnings.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --json | jq \'.data.checks[] | select(.status != "ok")\'',
  ];
  // The container that things are tried in is removed again.
  static override undoesOnInterrupt = true;

  async run(): Promise<Diagnosis> {
    await this.parse(Doctor);
    const { values } = await this.loadConfig();
    const checks = await examine({
      openEngines: () => openEngines(values),
      registry: values.registry,
      networkPool: values.networkPool,
      program: this.config.version,
      clusterImages: () => clusterImages(values),
    });
    this.exitCode = checks.some(({ status }) => status === 'failed') ? 1 : 0;
    return { checks };
  }

  override render({ checks }: Diagnosis): Promise<string> {
    return checkTable(checks);
  }

  override names({ checks }: Diagnosis): string[] {
    return checks.filter(({ status }) => status !== 'ok').map(({ name }) => name);
  }
}
