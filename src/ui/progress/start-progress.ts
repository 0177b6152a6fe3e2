import type { FlowEvent } from '../../events/index.js';
import { visible } from '../visible.js';
import { oneLine } from '../width.js';
import type { Progress, ProgressMode } from './progress.js';

/**
 * A sink that can be handed to the core before anything is loaded: most commands report nothing, and don't pay for a
 * renderer. Events wait while one is being loaded.
 */
export function startProgress(mode: () => ProgressMode): Progress {
  const waiting: FlowEvent[] = [];
  let progress: Progress | undefined;
  let loading: Promise<void> | undefined;
  return { report, end };

  function report(said: FlowEvent): void {
    const event = shown(said);
    if (progress !== undefined) {
      progress.report(event);
      return;
    }
    waiting.push(event);
    loading ??= load();
  }

  async function load(): Promise<void> {
    const loaded = await create(mode());
    for (const event of waiting.splice(0)) loaded.report(event);
    progress = loaded;
  }

  async function end(): Promise<void> {
    await loading;
    await progress?.end();
  }
}

/** Programs speak in details, with colours and bars that are of no use here; all else is shown as it is. */
function shown(event: FlowEvent): FlowEvent {
  if (!('detail' in event) || event.detail === undefined) return visible(event, ['message']);
  return visible({ ...event, detail: oneLine(event.detail) });
}

async function create(mode: ProgressMode): Promise<Progress> {
  switch (mode) {
    case 'live': {
      const { createLiveProgress } = await import('./live.js');
      return createLiveProgress(process.stderr);
    }
    case 'plain': {
      const { createPlainProgress } = await import('./plain.js');
      return createPlainProgress(process.stderr);
    }
    case 'quiet': {
      const { createQuietProgress } = await import('./quiet.js');
      return createQuietProgress(process.stderr);
    }
  }
}
