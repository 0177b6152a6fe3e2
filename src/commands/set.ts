import { UsageError } from '../errors/index.js';
import { type SetValues, selectSandbox, setValues } from '../sandbox/index.js';
import { hiddenSetting } from '../secrets/index.js';
import { Args, BaseCommand, Flags, ownerFlags, sandboxFlag, waitFlags } from '../ui/index.js';
import { changedValues } from '../views/index.js';
import { openEngines, planSettings } from '../wiring/index.js';

export default class SetConfig extends BaseCommand<SetValues> {
  static override summary = 'Change config values of a sandbox, and restart what reads them.';
  static override description =
    'On all nodes that have the file, as if create had been given them with --set. Exactly the running services that read a changed file are restarted, which is said beforehand: stopped in the order of the cluster, started at once. A key that is nearly one that is known is set with a warning. If one does not come up with the new values, and on Ctrl-C, the old ones are put back. Your own settings are changed by config set.';
  static override usage = 'set [SANDBOX] [FILE:KEY=VALUE...] [--unset FILE:KEY]...';
  static override examples = [
    '<%= config.bin %> set hdfs-site:dfs.replication=2',
    '<%= config.bin %> set demo zoo.cfg:tickTime=3000 zoo.cfg:syncLimit=8',
    '<%= config.bin %> set demo --unset hdfs-site:dfs.replication',
    '<%= config.bin %> set demo yarn-site:yarn.acl.enable=true --no-restart',
  ];
  static override undoesOnInterrupt = true;
  static override strict = false;
  static override args = {
    sandbox: Args.string({ ignoreStdin: true, description: 'name of the sandbox; your only one by default' }),
    setting: Args.string({ ignoreStdin: true, description: 'FILE:KEY=VALUE, as --set of create takes it' }),
  };
  static override flags = {
    unset: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      description: "take a setting back: FILE:KEY; the template's value, or none, counts again",
    }),
    sandbox: sandboxFlag,
    restart: Flags.boolean({
      default: true,
      allowNo: true,
      description: 'restart the services that read a changed file',
    }),
    keep: Flags.boolean({ description: 'keep new values that a service does not come up with, to look inside' }),
    ...waitFlags,
    ...ownerFlags,
  };

  async run(): Promise<SetValues> {
    const { argv, flags } = await this.parse(SetConfig);
    const words = argv.map(String);
    // No name of a sandbox has these; half a setting is told what it lacks.
    const named = words[0] !== undefined && !/[:=]/.test(words[0]) ? words[0] : undefined;
    const change = { set: named === undefined ? words : words.slice(1), unset: flags.unset };
    if (change.set.length + change.unset.length === 0) {
      throw new UsageError('there is nothing to set', 'e.g. bdsandbox set hdfs-site:dfs.replication=2');
    }
    const { values } = await this.loadConfig({ timeout: flags.timeout });
    const engines = await openEngines(values);
    const record = await selectSandbox(engines, {
      name: named ?? flags.sandbox,
      user: values.owner,
      owner: flags.owner ?? values.owner,
      force: flags.force,
      command: 'set',
      rest: [...change.set.map(hiddenSetting), ...change.unset.map((key) => `--unset ${key}`)].join(' '),
    });
    this.onSecondInterrupt = () => [`see what it is like now: bdsandbox status ${record.sandbox.name}`];
    return setValues({ engines, report: this.report, signal: this.signal }, record, {
      change,
      resolve: (plan) => planSettings(values, plan, change),
      restart: flags.restart,
      wait: flags.wait,
      timeoutMs: values.timeoutMs,
      keep: flags.keep,
    });
  }

  override render(done: SetValues): string {
    return changedValues(done);
  }

  override names({ changes }: SetValues): string[] {
    return [...new Set(changes.map(({ file, key }) => `${file}:${key}`))];
  }
}
