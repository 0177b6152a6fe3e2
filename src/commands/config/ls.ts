import { listSettings, type Setting } from '../../config/index.js';
import { BaseCommand, table } from '../../ui/index.js';

interface Listed {
  readonly settings: readonly Setting[];
}

export default class ConfigLs extends BaseCommand<Listed> {
  static override summary = 'List every setting with its value, and where that comes from.';
  static override description =
    'The order, first wins: flag, variable, project file, user file, default. What a flag would say is not known here.';
  static override examples = [
    '<%= config.bin %> config ls',
    '<%= config.bin %> config ls --json | jq \'.data.settings[] | select(.where != "")\'',
  ];

  async run(): Promise<Listed> {
    await this.parse(ConfigLs);
    return { settings: await listSettings(this.configSources()) };
  }

  override render({ settings }: Listed): Promise<string> {
    return table(
      ['KEY', { title: 'VALUE', flexible: 'wrap' }, { title: 'ORIGIN', flexible: 'wrap' }],
      settings.map(({ key, value, origin, where }) => [key, value || '-', `${origin} ${where}`.trim()]),
    );
  }

  override names({ settings }: Listed): string[] {
    return settings.map(({ key }) => key);
  }
}
