/** What `import { ... } from 'bdsandbox'` gives. Nothing here prints, and nothing happens at the import. */
export {
  BugError,
  CommandNotFoundError,
  ConflictError,
  DiskFullError,
  EngineFailedError,
  EngineUnreachableError,
  type ErrorCode,
  FailedError,
  ImageBuildError,
  InterruptedError,
  NotExecutableError,
  NotFoundError,
  NotOwnerError,
  PartlyDoneError,
  PortTakenError,
  RegistryError,
  RegistryUnreachableError,
  SandboxError,
  ServiceFailedError,
  TemplateError,
  TimedOutError,
  UsageError,
} from '../errors/index.js';
export type { FlowEvent, StepTitle } from '../events/index.js';
export type { PlacedPort } from '../look/index.js';
export type { NodePort, NodeService, Sandbox as SandboxStatus, SandboxNode } from '../sandbox/index.js';
export type {
  ClientEnvironment,
  Collected,
  CollectOptions,
  CommandResult,
  CreateOptions,
  ExecOptions,
  KeptSnapshot,
  NewSandboxOptions,
  Options,
  ReportingOptions,
  RestoreOptions,
  RunOptions,
  SettingOptions,
  SnapshotOptions,
} from './options.js';
export { DEFAULT_TTL, Sandbox } from './sandbox.js';
