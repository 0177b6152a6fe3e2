import { randomUUID } from 'node:crypto';
import type { Engine, Engines, Labels } from '../engine/index.js';
import { IMAGE_LABELS } from '../images/index.js';
import {
  type FlowContext,
  isConfined,
  LABELS,
  resourceName,
  type SandboxRecord,
  thisCreator,
} from '../sandbox/index.js';
import { workLabels } from './helper.js';
import { type HeldNode, nodesOf } from './hold.js';
import { SNAPSHOT_LABELS } from './labels.js';

export interface SnapshotRequest {
  readonly name: string;
  readonly mode: 'auto' | 'live' | 'cold';
  readonly note: string;
  /** Replace secrets in the evidence; the images keep them. */
  readonly redact: boolean;
  /** Key of the golden that it is to be: without evidence, and the sandbox need not know. */
  readonly golden?: string;
}

/** One run of takeSnapshot. Everything it makes carries its UUID, which becomes the snapshot's. */
export interface Run {
  readonly id: string;
  readonly context: FlowContext;
  readonly record: SandboxRecord;
  readonly request: SnapshotRequest;
  readonly engines: Engines;
  readonly home: Engine;
  readonly nodes: readonly HeldNode[];
  readonly first: HeldNode;
  /** Of the sandbox: its nodes write their memory there. */
  readonly volume: string;
  /** Whether its sandbox runs images that nobody said to trust; then the snapshot is no more trusted. */
  readonly confined: boolean;
  /** Of containers on the way. */
  readonly workLabels: Labels;
}

export function newRun(context: FlowContext, record: SandboxRecord, request: SnapshotRequest): Run {
  const id = randomUUID();
  const { engines } = context;
  const nodes = nodesOf(record);
  return {
    id,
    context,
    record,
    request,
    engines,
    home: engines.on(engines.home),
    nodes,
    // Who starts a run has seen that all nodes are there.
    first: nodes[0] as HeldNode,
    volume: resourceName(record.containers[0]?.summary.labels[LABELS.sandbox] ?? '', record.attempt),
    confined: isConfined(record),
    workLabels: workLabels(id, context.creator ?? thisCreator()),
  };
}

/** Until the index is there these are those of work under way, which `prune` may take when its maker is dead. */
export function imageLabels(run: Run, mode: 'live' | 'cold', role: 'node' | 'index'): Labels {
  return {
    ...run.workLabels,
    [LABELS.memory]: mode === 'live' ? run.volume : '',
    [SNAPSHOT_LABELS.name]: run.request.name,
    [SNAPSHOT_LABELS.role]: role,
    [IMAGE_LABELS.kind]: 'snapshot',
  };
}
