export { type Leftover, removeEach, throwIfLeft } from './attempt.js';
export { type Change, changeFile, PLAN_FILE, type RecordedChange, readRecord } from './change.js';
export { type Condition, parseCondition } from './condition.js';
export * from './copy/index.js';
export { type CreateRequest, createSandbox, ensureImage } from './create.js';
export { thisCreator } from './creator.js';
export { type DestroyRequest, destroySandboxes, selectForDestroy } from './destroy.js';
export { execBare, execInNode, nodePlace, shellInNode } from './exec.js';
export { destroyExpired, type ExpiredRequest, sweepAfter, sweepExpired } from './expire.js';
export { type Extended, extendSandbox } from './extend.js';
export {
  findSandbox,
  findSandboxes,
  isConfined,
  type NodeContainer,
  type SandboxRecord,
  sandboxNameOf,
  servicesOf,
  unfinishedState,
} from './inventory.js';
export { LABELS, resourceName } from './labels.js';
export * from './lifecycle/index.js';
export { missingParts } from './missing.js';
export type {
  Figure,
  NodePort,
  NodeService,
  Sandbox,
  SandboxMachine,
  SandboxNode,
  SandboxStatus,
} from './model.js';
export { checkSandboxName, firstFreeName } from './name.js';
export { countFreeNetworks } from './network.js';
export { MEMORY_FOLDER, type NodeRights, nodeRights } from './nodes.js';
export { noNode, noService } from './not-there.js';
export { type Pruned, prune } from './prune.js';
export type { PublishRequest } from './publish.js';
export {
  type CreatedSandbox,
  type FlowContext,
  type Opened,
  type RaiseRequest,
  type RaiseSpec,
  raiseNamed,
  raiseSteps,
  takenNames,
} from './raise.js';
export type { StartedNode } from './ready.js';
export { programOfRoot } from './refused.js';
export { type Renamed, renameSandbox } from './rename.js';
export { checkRoom, freeDisk, gigabytes, NO_DISK_BYTES, type Room } from './room.js';
export { checkOwner, selectSandbox, selectSandboxes } from './select.js';
export * from './services/index.js';
export * from './settings/index.js';
export { forAll } from './settle.js';
export { inspectSandbox, inspectWithFigures } from './status.js';
export { type Waited, type WaitRequest, waitForSandbox } from './wait.js';
export { type WatchEnd, type Watched, type WatchedNode, watchSandbox } from './watch.js';
