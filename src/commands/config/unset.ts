import { type Edited, type Setting, settingNow, unsetValue } from '../../config/index.js';
import { Args, BaseCommand, configFileFlags } from '../../ui/index.js';

interface Unset extends Edited {
  /** What counts now; null when the settings cannot be loaded. */
  readonly now: Setting | null;
}

export default class ConfigUnset extends BaseCommand<Unset> {
  static override summary = "Take a setting out of your config file, or the project's.";
  static override examples = ['<%= config.bin %> config unset ttl', '<%= config.bin %> config unset ttl --project'];
  static override args = {
    key: Args.string({ ignoreStdin: true, required: true, description: 'name of the setting (config ls)' }),
  };
  static override flags = configFileFlags;

  async run(): Promise<Unset> {
    const { args, flags } = await this.parse(ConfigUnset);
    const sources = this.configSources();
    const edited = await unsetValue(args.key, flags.project ? 'project' : 'user', sources);
    const { now, problem } = await settingNow(args.key, sources);
    if (problem !== '') this.report({ type: 'notice', level: 'warning', message: problem });
    return { ...edited, now };
  }

  override render({ key, file, changed, now }: Unset): string {
    const what = changed ? `Took ${key} out of ${file}.` : `${key} is not set in ${file}.`;
    return now === null || now.value === null
      ? what
      : `${what} It is ${now.value} (${`${now.origin} ${now.where}`.trim()}).`;
  }

  override names({ file }: Unset): string[] {
    return [file];
  }
}
