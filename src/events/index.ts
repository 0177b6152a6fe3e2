/**
 * What a flow says while it runs. The core emits these and knows no renderer; src/ui turns them into a live list,
 * plain lines or JSON lines.
 */
export interface StepTitle {
  readonly id: string;
  /** Present tense of the thing being done, e.g. "Network". */
  readonly title: string;
}

export type ServiceState = 'starting' | 'ready' | 'stopped' | 'failed';

export type FlowEvent =
  /** First event of a flow, and again when later steps become known: the steps in their order. */
  | { readonly type: 'flow'; readonly title: string; readonly steps: readonly StepTitle[] }
  | { readonly type: 'step-started'; readonly step: string; readonly detail?: string }
  /** The step goes on; `detail` replaces the last one. */
  | { readonly type: 'step-progress'; readonly step: string; readonly detail: string }
  /** `elapsedMs` is wall-clock time since the step started. */
  | { readonly type: 'step-done'; readonly step: string; readonly detail?: string; readonly elapsedMs: number }
  | { readonly type: 'step-skipped'; readonly step: string; readonly detail: string }
  | { readonly type: 'step-failed'; readonly step: string; readonly detail: string }
  /** A service of a node changed its state. */
  | {
      readonly type: 'service';
      readonly node: string;
      readonly service: string;
      readonly state: ServiceState;
      readonly detail: string;
    }
  | { readonly type: 'notice'; readonly level: 'info' | 'warning'; readonly message: string };

export type Report = (event: FlowEvent) => void;

export const silent: Report = () => undefined;
export { Flow, inSequence, type Step } from './flow.js';
