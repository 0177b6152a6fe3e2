import { UsageError } from '../../errors/index.js';
import { takesAnyLogin } from '../../registry/index.js';
import { askLine, askSecret, BaseCommand, Flags } from '../../ui/index.js';
import { openEngines } from '../../wiring/index.js';

interface LoggedIn {
  readonly registry: string;
  readonly user: string;
  /** False where the registry asks for no login: then nothing was kept. */
  readonly kept: boolean;
}

export default class RegistryLogin extends BaseCommand<LoggedIn> {
  static override summary = 'Check a user and password at the registry, and keep them where Docker keeps them.';
  static override description =
    "The password is read from the terminal, from BDSANDBOX_REGISTRY_PASSWORD, or from standard input with --password-stdin; never from the command line. It goes to Docker's credential helper, or its config file where there is none. Where the registry takes everybody, nothing is asked for and nothing is kept.";
  static override examples = [
    '<%= config.bin %> registry login',
    'echo "$PASSWORD" | <%= config.bin %> registry login --user qa --password-stdin',
  ];
  static override flags = {
    user: Flags.string({ description: 'name of the user' }),
    'password-stdin': Flags.boolean({ description: 'read the password from standard input' }),
  };

  async run(): Promise<LoggedIn> {
    const { flags } = await this.parse(RegistryLogin);
    const { values } = await this.loadConfig();
    if (await takesAnyLogin(values.registry)) return { registry: values.registry, user: flags.user ?? '', kept: false };
    const username = flags.user ?? (await askLine({ question: `User of ${values.registry}: `, flag: '--user' }));
    const password = flags['password-stdin'] ? await readAll() : await askPassword(username);
    if (password === '')
      throw new UsageError('the password is empty', 'give it on standard input with --password-stdin');
    const engines = await openEngines(values);
    await engines.on(engines.home).images.login(values.registry, { username, password });
    return { registry: values.registry, user: username, kept: true };
  }

  override render({ registry, user, kept }: LoggedIn): string {
    if (!kept) return `${registry} lets everybody in: it needs no login, and none was kept.`;
    return `Logged in to ${registry} as ${user}.`;
  }

  override names({ registry }: LoggedIn): string[] {
    return [registry];
  }
}

async function askPassword(user: string): Promise<string> {
  const given = process.env['BDSANDBOX_REGISTRY_PASSWORD'];
  return given ?? askSecret({ question: `Password of ${user}: `, flag: '--password-stdin' });
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
