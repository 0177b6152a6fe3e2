import type { Sandbox } from '../sandbox/index.js';

/** For the JSON contract a sandbox that stands is stopped; people want to know whether its memory is still there. */
export function shownState({ state, nodes }: Sandbox): string {
  return state === 'stopped' && nodes.length > 0 && nodes.every((node) => node.state === 'paused') ? 'paused' : state;
}

/**
 * What to do about sandboxes that do not just run: a line for each state that there is.
 * @param inStatus whether their services are shown already
 */
export function nextSteps(sandboxes: readonly Sandbox[], inStatus = false): string[] {
  const named = (state: string): string =>
    sandboxes.flatMap((sandbox) => (shownState(sandbox) === state ? [sandbox.name] : [])).join(' ');
  const [stopped, paused] = [named('stopped'), named('paused')];
  const [degraded] = named('degraded').split(' ');
  return [
    ...(stopped ? [`Stopped, its files are kept. Next: bdsandbox start ${stopped}`] : []),
    ...(paused ? [`Paused, its memory is kept. Next: bdsandbox resume ${paused}`] : []),
    ...(degraded && !inStatus ? [`Degraded. Which service is not ready: bdsandbox status ${degraded}`] : []),
    ...(named('error') ? ['Error: its create was killed. Next: bdsandbox prune'] : []),
  ];
}
