import type { FlowEvent, ServiceState } from '../../events/index.js';
import { oneLine } from '../width.js';

export type StepPhase = 'waiting' | 'running' | 'done' | 'skipped' | 'failed';

export interface StepState {
  readonly id: string;
  readonly title: string;
  phase: StepPhase;
  detail: string;
  startedAt: number;
  /** Known once the step is done. */
  elapsedMs: number | undefined;
}

export interface ServiceProgress {
  readonly state: ServiceState;
  readonly detail: string;
}

/** What the events so far add up to. Both renderers draw from this. */
export class FlowState {
  title = '';
  readonly steps = new Map<string, StepState>();
  /** What each service is, and says of itself while it is not ready. */
  readonly nodes = new Map<string, Map<string, ServiceProgress>>();

  /** The step that an event is about, with the event already in it. */
  apply(event: FlowEvent, now: number): StepState | undefined {
    switch (event.type) {
      case 'flow':
        this.title = event.title;
        for (const { id, title } of event.steps) this.#ensureStep(id, title);
        return undefined;
      case 'step-started':
        return this.#change(event.step, { phase: 'running', detail: event.detail ?? '', startedAt: now });
      case 'step-progress':
        return this.#change(event.step, { detail: event.detail });
      case 'step-done':
        return this.#change(event.step, { phase: 'done', detail: event.detail ?? '', elapsedMs: event.elapsedMs });
      case 'step-skipped':
        return this.#change(event.step, { phase: 'skipped', detail: event.detail });
      case 'step-failed':
        return this.#change(event.step, { phase: 'failed', detail: event.detail });
      case 'service':
        this.#servicesOf(event.node).set(event.service, { state: event.state, detail: oneLine(event.detail) });
        return undefined;
      case 'notice':
        return undefined;
    }
  }

  running(): readonly StepState[] {
    return [...this.steps.values()].filter((step) => step.phase === 'running');
  }

  #change(id: string, change: Partial<StepState>): StepState {
    const detail = change.detail === undefined ? {} : { detail: oneLine(change.detail) };
    return Object.assign(this.#ensureStep(id, id), change, detail);
  }

  /** A flow that names a step only when it starts it is drawn all the same. */
  #ensureStep(id: string, title: string): StepState {
    const known = this.steps.get(id);
    if (known !== undefined) return known;
    const step: StepState = { id, title, phase: 'waiting', detail: '', startedAt: 0, elapsedMs: undefined };
    this.steps.set(id, step);
    return step;
  }

  #servicesOf(node: string): Map<string, ServiceProgress> {
    const services = this.nodes.get(node) ?? new Map<string, ServiceProgress>();
    this.nodes.set(node, services);
    return services;
  }
}
