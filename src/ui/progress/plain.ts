import type { FlowEvent } from '../../events/index.js';
import { duration } from '../format.js';
import { truncate } from '../width.js';
import { FlowState, type StepState } from './flow-state.js';
import { servicesLine } from './node-lines.js';
import type { Progress } from './progress.js';

/** A step, or a node, says at most one thing per second, and nothing twice in a row... */
const THROTTLE_MS = 1000;
/** ...and the flow as a whole something every ten seconds; the timer below may be late by one tick. */
const HEARTBEAT_MS = 9700;
const TICK_MS = 250;
/** Nobody wraps the lines of a pipe, but a log is still read by people. */
const PIPE_COLUMNS = 140;

/** Lines for logs and pipes: `[ 12.3 s] Image: step 3/9 RUN apt-get…`. */
export function createPlainProgress(stream: NodeJS.WritableStream & { readonly columns?: number }): Progress {
  const state = new FlowState();
  const startedAt = performance.now();
  let lastLineAt = startedAt;
  let timer: NodeJS.Timeout | undefined;
  /** The last line of a step or a node, and when. */
  const said = new Map<string, { readonly line: string; readonly at: number }>();
  /** Steps and nodes with news that came too soon after their last line. */
  const held = new Map<string, () => string>();

  return {
    report: (event) => {
      // Never keeps the process alive: a run without events to come is over.
      timer ??= setInterval(tick, TICK_MS).unref();
      take(event);
    },
    end: async () => {
      clearInterval(timer);
      sayHeld();
    },
  };

  function take(event: FlowEvent): void {
    const title = state.title;
    const before = 'step' in event ? state.steps.get(event.step)?.detail : undefined;
    const step = state.apply(event, performance.now());
    switch (event.type) {
      case 'flow':
        if (state.title !== title) say('', state.title);
        return;
      case 'notice':
        say('', event.level === 'warning' ? `warning: ${event.message}` : event.message, false);
        return;
      case 'service':
        takeService(event);
        return;
      case 'step-progress':
        if (step !== undefined && step.detail !== before) offer(step.id, () => runningLine(step));
        return;
      case 'step-done':
      case 'step-failed':
        // What a node said last belongs before the end of its step.
        sayHeld();
        if (step !== undefined) say(step.id, phaseLine(step), step.phase !== 'failed');
        return;
      default:
        if (step !== undefined) say(step.id, phaseLine(step));
    }
  }

  function takeService({ node, service, state: newState, detail }: FlowEvent & { readonly type: 'service' }): void {
    if (newState === 'failed') say(`node ${node}`, `${node}: ${service} failed: ${detail}`, false);
    else
      offer(
        `node ${node}`,
        () => `${node}: ${servicesLine(state.nodes.get(node) ?? new Map(), room() - node.length - 2)}`,
      );
  }

  /** Now if its turn has come, else as soon as it has; only the newest of several is said. */
  function offer(key: string, line: () => string): void {
    if (performance.now() - (said.get(key)?.at ?? Number.NEGATIVE_INFINITY) >= THROTTLE_MS) sayNews(key, line());
    else held.set(key, line);
  }

  function sayNews(key: string, line: string): void {
    held.delete(key);
    if (said.get(key)?.line !== line) say(key, line);
  }

  function tick(): void {
    const now = performance.now();
    for (const [key, line] of [...held]) {
      if (now - (said.get(key)?.at ?? 0) >= THROTTLE_MS) sayNews(key, line());
    }
    const step = state.running().at(-1);
    if (step !== undefined && now - lastLineAt >= HEARTBEAT_MS) say('', stillLine(step, now));
  }

  function sayHeld(): void {
    for (const [key, line] of [...held]) sayNews(key, line());
  }

  function say(key: string, line: string, cut = true): void {
    const now = performance.now();
    lastLineAt = now;
    said.set(key, { line, at: now });
    held.delete(key);
    const seconds = ((now - startedAt) / 1000).toFixed(1).padStart(5);
    stream.write(`[${seconds} s] ${cut ? truncate(line, room()) : line}\n`);
  }

  function room(): number {
    return (stream.columns ?? PIPE_COLUMNS) - '[ 12.3 s] '.length;
  }

  /** The elapsed time must survive the cut, so the detail gives way. */
  function stillLine(step: StepState, now: number): string {
    const suffix = ` (${duration(now - step.startedAt)} so far)`;
    return truncate(runningLine(step), room() - suffix.length) + suffix;
  }
}

function runningLine({ title, detail }: StepState): string {
  return detail === '' ? title : `${title}: ${detail}`;
}

function phaseLine(step: StepState): string {
  const { title, phase, detail, elapsedMs } = step;
  if (phase === 'running') return runningLine(step);
  const time = elapsedMs === undefined ? '' : ` in ${duration(elapsedMs)}`;
  return `${title}: ${phase}${time}${detail === '' ? '' : `, ${detail}`}`;
}
