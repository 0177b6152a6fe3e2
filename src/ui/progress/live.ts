import {
  DefaultRenderer,
  Listr,
  type ListrContext,
  ListrDefaultRendererLogLevels,
  ListrLogger,
  ListrTaskState,
  ProcessOutput,
} from 'listr2';
import type { FlowEvent } from '../../events/index.js';
import { colorsFor } from '../colors.js';
import { duration } from '../format.js';
import { prose } from '../prose.js';
import { truncate, wrap } from '../width.js';
import { FlowState, type StepPhase, type StepState } from './flow-state.js';
import { nodeLines } from './node-lines.js';
import type { Progress } from './progress.js';

type Task = Listr<ListrContext, typeof DefaultRenderer, typeof DefaultRenderer>['tasks'][number];

const STATES: Readonly<Record<StepPhase, ListrTaskState>> = {
  waiting: ListrTaskState.WAITING,
  running: ListrTaskState.STARTED,
  done: ListrTaskState.COMPLETED,
  skipped: ListrTaskState.SKIPPED,
  failed: ListrTaskState.FAILED,
};

/** listr2's margin of icon and indentation. */
const MARGIN = 6;
const TICK_MS = 500;

/**
 * A live list. listr2 draws and runs nothing: its tasks have empty bodies and never run, we set their state from the
 * events and drive its default renderer ourselves. So it has no part in signals, errors or the order of things.
 */
export async function createLiveProgress(stream: NodeJS.WriteStream): Promise<Progress> {
  const state = new FlowState();
  const colors = colorsFor('stderr');
  const list = new Listr<ListrContext, typeof DefaultRenderer, typeof DefaultRenderer>([], {
    registerSignalListeners: false,
  });
  const renderer = new DefaultRenderer(list.tasks, rendererOptions(stream, colors), list.events);
  const tasks = new Map<string, Task>();
  const notices: string[] = [];
  await renderer.render();
  const timer = setInterval(drawTimes, TICK_MS).unref();
  let ended = false;

  return {
    report: (event) => {
      if (ended) return;
      const step = state.apply(event, performance.now());
      addTasks();
      if (step !== undefined) drawStep(step);
      if (event.type === 'service') drawTimes();
      if (event.type === 'notice') takeNotice(event);
    },
    end: async () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      // A step that was given up is neither running nor done.
      for (const step of state.running()) drawStep({ ...step, phase: 'failed', detail: 'stopped' });
      renderer.end();
      for (const line of notices) stream.write(`${prose(line, { indent: 2, width: stream.columns })}\n`);
    },
  };

  function addTasks(): void {
    for (const step of [...state.steps.values()].slice(list.tasks.length)) {
      list.add({ title: title(step), task: () => undefined });
      const task = list.tasks.at(-1);
      if (task === undefined) continue;
      // The renderer leaves out what isn't enabled. This enables it in the next microtask, and draws again.
      void task.check({});
      tasks.set(step.id, task);
    }
  }

  function drawStep(step: StepState): void {
    const task = tasks.get(step.id);
    if (task === undefined) return;
    task.title$ = title(step);
    if (step.phase === 'running') task.output$ = output(step);
    if (task.state !== STATES[step.phase]) task.state$ = STATES[step.phase];
  }

  function drawTimes(): void {
    for (const step of state.running()) drawStep(step);
  }

  function title({ title: name, phase, detail, startedAt, elapsedMs }: StepState): string {
    switch (phase) {
      case 'waiting':
        return colors.dim(name);
      case 'running':
        return `${name} ${colors.dim(wholeSeconds(performance.now() - startedAt))}`;
      case 'done':
        return cut(`${name}${detail === '' ? '' : ` ${detail}`}`, ` ${duration(elapsedMs ?? 0)}`);
      case 'skipped':
        return cut(`${name} skipped, ${detail}`);
      case 'failed':
        // The error that ends the command says all of it.
        return cut(`${name}: ${detail}`);
    }
  }

  /** The detail of the step; below the newest one, how far the nodes are. */
  function output(step: StepState): string {
    const columns = room();
    const isNewest = state.running().at(-1)?.id === step.id;
    const nodes = isNewest ? nodeLines(state.nodes, columns) : [];
    return [
      ...(step.detail === '' ? [] : wrap(step.detail, columns).map((line) => truncate(line, columns))),
      ...nodes,
    ].join('\n');
  }

  function takeNotice({ level, message }: FlowEvent & { readonly type: 'notice' }): void {
    notices.push(level === 'warning' ? `${colors.magenta('warning:')} ${message}` : message);
    // The list can't be written between, so until it ends the running step shows it.
    for (const step of state.running()) step.detail = message;
    drawTimes();
  }

  function cut(text: string, suffix = ''): string {
    return truncate(text, room() - suffix.length) + colors.dim(suffix);
  }

  function room(): number {
    return (stream.columns ?? 80) - MARGIN;
  }
}

/** Tenths would flicker. */
function wholeSeconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : duration(ms);
}

function rendererOptions(stream: NodeJS.WriteStream, colors: ReturnType<typeof colorsFor>) {
  const {
    COMPLETED,
    COMPLETED_WITH_FAILED_SISTER_TASKS: NOT_REACHED,
    FAILED,
    PENDING,
    SKIPPED_WITHOUT_COLLAPSE,
    WAITING,
  } = ListrDefaultRendererLogLevels;
  return {
    // Its stdout is our stderr: results own stdout. The process's stdout isn't even looked at.
    logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream, { leaveEmptyLine: false }) }),
    // The title holds everything; listr2 would replace it by the message of an error or of a skip.
    collapseErrors: false,
    showErrorMessage: false,
    collapseSkips: false,
    showSkipMessage: false,
    formatOutput: 'wrap' as const,
    color: {
      [COMPLETED]: (text = '') => colors.green(text),
      // Red is for what failed, not for what would have come after it.
      [NOT_REACHED]: (text = '') => colors.dim(text),
      [FAILED]: (text = '') => colors.red(text),
      // As readable on white as on black, which yellow is not.
      [PENDING]: (text = '') => colors.magenta(text),
      [SKIPPED_WITHOUT_COLLAPSE]: (text = '') => colors.dim(text),
      [WAITING]: (text = '') => colors.dim(text),
    },
  };
}
