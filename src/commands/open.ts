import { choosePage, findForOpen, type Page, pagesOf } from '../look/index.js';
import { Args, BaseCommand, openInBrowser, sandboxFlag } from '../ui/index.js';
import { isHere, pageTable } from '../views/index.js';
import { openEngines } from '../wiring/index.js';

interface Opened {
  readonly name: string;
  /** The engine's name of the machine that the addresses are of. */
  readonly host: string;
  /** The one that was meant; all of them when no service was named and there are several. */
  readonly pages: readonly Page[];
  readonly url: string | null;
  readonly opened: boolean;
}

export default class Open extends BaseCommand<Opened> {
  static override summary = "Open a service's web page in the browser.";
  static override description =
    'Without SERVICE: the only page, or a list of them. Where there is no desktop the URL is printed. With --json nothing is opened.';
  static override examples = [
    '<%= config.bin %> open',
    '<%= config.bin %> open namenode',
    '<%= config.bin %> open demo/worker1 datanode',
    '<%= config.bin %> open demo resourcemanager:web -q',
  ];
  static override usage = 'open [SANDBOX[/NODE]] [SERVICE[:PORTNAME]]';
  static override args = {
    sandbox: Args.string({ description: 'SANDBOX or SANDBOX/NODE; your only one by default' }),
    service: Args.string({ description: 'SERVICE, or SERVICE:PORTNAME' }),
  };
  static override flags = { sandbox: sandboxFlag };

  async run(): Promise<Opened> {
    const { args, flags } = await this.parse(Open);
    const { values } = await this.loadConfig();
    const engines = await openEngines(values);
    const words = { first: args.sandbox, second: args.service };
    const { record, node, service, port } = await findForOpen(engines, words, {
      sandbox: flags.sandbox,
      owner: values.owner,
    });
    const { name, host } = record.sandbox;
    const pages =
      service === undefined ? await pagesOf(record, node) : [await choosePage(record, { node, service, port })];
    const [page, ...others] = pages;
    if (!page || others.length > 0) return { name, host, pages, url: null, opened: false };
    // A browser of this machine would ask this machine.
    if (!isHere(host)) {
      const message = `the engine is on ${host}, and so is that address; from here: bdsandbox proxy ${name}, and the page by its node's name`;
      this.report({ type: 'notice', level: 'warning', message });
    }
    const opened = !this.jsonEnabled() && isHere(host) && (await openInBrowser(page.url));
    return { name, host, pages, url: page.url, opened };
  }

  override render({ name, host, pages, url, opened }: Opened): string | Promise<string> {
    if (url === null) return pageTable(name, host, pages);
    return opened ? `Opened ${url}` : url;
  }

  override names({ pages }: Opened): string[] {
    return pages.map(({ url }) => url);
  }
}
