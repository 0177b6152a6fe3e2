import { type Edited, type Setting, settingNow, setValue } from '../../config/index.js';
import { Args, BaseCommand, configFileFlags } from '../../ui/index.js';

interface Written extends Edited {
  /** What counts now: another place may go over the file. null when the settings cannot be loaded. */
  readonly now: Setting | null;
}

export default class ConfigSet extends BaseCommand<Written> {
  static override summary = "Write a setting into your config file, or the project's.";
  static override description =
    'Comments and order of the file stay. Nothing is written when the value is wrong, or something else in the file.';
  static override examples = [
    '<%= config.bin %> config set owner qa',
    '<%= config.bin %> config set registry registry.example.com:5000 --project',
    '<%= config.bin %> config set templates ./sandbox-templates:~/more',
  ];
  static override args = {
    key: Args.string({ ignoreStdin: true, required: true, description: 'name of the setting (config ls)' }),
    value: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'its value; several folders with : between them',
    }),
  };
  static override flags = configFileFlags;

  async run(): Promise<Written> {
    const { args, flags } = await this.parse(ConfigSet);
    const sources = this.configSources();
    const edited = await setValue(args.key, args.value, flags.project ? 'project' : 'user', sources);
    const { now, problem } = await settingNow(args.key, sources);
    const isCovered = now !== null && !now.where.startsWith(`${edited.file}:`);
    const message = isCovered ? `${now.where} goes over it: ${args.key} is ${now.value ?? 'not set'}` : problem;
    if (message !== '') this.report({ type: 'notice', level: 'warning', message });
    return { ...edited, now };
  }

  override render({ key, file, changed }: Written): string {
    return changed ? `Set ${key} in ${file}.` : `${file} says so already.`;
  }

  override names({ file }: Written): string[] {
    return [file];
  }
}
