import { type Setting, settingOf } from '../../config/index.js';
import { Args, BaseCommand } from '../../ui/index.js';

export default class ConfigGet extends BaseCommand<Setting> {
  static override summary = 'Print the value of a setting; nothing where it has none.';
  static override examples = ['<%= config.bin %> config get registry', '<%= config.bin %> config get owner --json'];
  static override args = {
    key: Args.string({ ignoreStdin: true, required: true, description: 'name of the setting (config ls)' }),
  };

  async run(): Promise<Setting> {
    const { args } = await this.parse(ConfigGet);
    return settingOf(args.key, this.configSources());
  }

  override render({ value }: Setting): string {
    return value ?? '';
  }

  override names(setting: Setting): string[] {
    return [this.render(setting)];
  }
}
