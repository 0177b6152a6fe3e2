import { spawn } from 'node:child_process';

interface Opener {
  readonly command: string;
  /** Whether its exit code says how it went; explorer.exe ends with 1 in any case. */
  readonly tellsTruth: boolean;
}

/** An opener that has not failed by then has handed the page on; some go on for as long as the browser. */
const FAILS_WITHIN_MS = 1500;

/** What opens a page on this desktop, the best first; nothing where there is no desktop. */
export function openersFor(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): readonly Opener[] {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  if (platform === 'darwin') return [{ command: 'open', tellsTruth: true }];
  if (platform === 'win32') return [{ command: 'explorer.exe', tellsTruth: false }];
  const wsl = [
    { command: 'wslview', tellsTruth: true },
    { command: 'explorer.exe', tellsTruth: false },
  ];
  return [
    ...(isSet('WSL_DISTRO_NAME') ? wsl : []),
    ...(isSet('DISPLAY') || isSet('WAYLAND_DISPLAY') ? [{ command: 'xdg-open', tellsTruth: true }] : []),
  ];
}

/** Hands a page to the desktop's browser, without a shell in between. @returns false where nothing can open it */
export async function openInBrowser(
  url: string,
  { platform, env }: Pick<NodeJS.Process, 'platform' | 'env'> = process,
): Promise<boolean> {
  for (const opener of openersFor(platform, env)) {
    if (await runOpener(opener, url, env)) return true;
  }
  return false;
}

function runOpener({ command, tellsTruth }: Opener, url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    // A session of its own: a Ctrl-C here must not end a browser that it started.
    const child = spawn(command, [url], { detached: true, stdio: 'ignore', env });
    child.unref();
    const timer = setTimeout(() => resolve(true), FAILS_WITHIN_MS);
    const end = (opened: boolean): void => {
      clearTimeout(timer);
      resolve(opened);
    };
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0 || !tellsTruth));
  });
}
