import { Flow, type Step } from '../events/index.js';
import { type ImageRecipe, ImageStore } from '../images/index.js';
import { firstFreeName } from './name.js';
import {
  type CreatedSandbox,
  type FlowContext,
  type RaiseRequest,
  raiseNamed,
  raiseSteps,
  takenNames,
} from './raise.js';
import { checkRoom } from './room.js';

export interface CreateRequest extends RaiseRequest {
  /** The template's name, or the next free one after it, when absent. */
  readonly name?: string | undefined;
  readonly image: ImageRecipe;
  readonly registry: string;
}

/**
 * A new sandbox, cold. Whatever goes wrong, and on Ctrl-C, exactly what this attempt made is removed again.
 * @throws ConflictError when the name is taken, ServiceFailedError, TimedOutError, InterruptedError, ...
 */
export async function createSandbox(context: FlowContext, request: CreateRequest): Promise<CreatedSandbox> {
  const taken = await takenNames(context.engines, request.name);
  await checkRoom(context, request.plan);
  const flow = new Flow(
    `Create ${request.name ?? firstFreeName(request.plan.template, taken)}`,
    [{ id: 'image', title: 'Image' }, ...raiseSteps(request.plan)],
    context.report,
  );
  const image = await flow.step('image', (step) => ensureImage(context, request, step));
  return raiseNamed(
    context,
    flow,
    { wanted: request.name, prefix: request.plan.template, taken },
    {
      ...request,
      image: () => image,
      startedFrom: 'cold',
      parent: '',
      change: { what: 'created', settings: request.plan.settings, components: request.plan.components },
    },
  );
}

/** @returns its reference @throws ImageBuildError, RegistryError, ... */
export async function ensureImage(
  context: FlowContext,
  request: Pick<CreateRequest, 'image' | 'registry'>,
  step: Step,
): Promise<string> {
  const store = new ImageStore({
    engine: context.engines.on(context.engines.home),
    registry: request.registry,
    signal: context.signal,
    report: context.report,
  });
  const { reference, origin } = await store.ensure(request.image, (detail) => step.progress(detail));
  step.result(origin === 'built' ? 'built' : `from the ${origin}`);
  return reference;
}
