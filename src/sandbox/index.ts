export { type CreatedSandbox, type CreateRequest, createSandbox, type FlowContext } from './create.js';
export { type DestroyRequest, destroySandboxes, selectForDestroy } from './destroy.js';
export { execInNode } from './exec.js';
export { findSandbox, findSandboxes, type SandboxRecord } from './inventory.js';
export { LABELS } from './labels.js';
export type { NodePort, NodeService, Sandbox, SandboxNode } from './model.js';
export type { PublishRequest } from './nodes.js';
export { type Pruned, prune } from './prune.js';
export { inspectSandbox } from './status.js';
