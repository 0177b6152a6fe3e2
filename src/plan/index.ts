export {
  type ChangedFile,
  type ChangedSettings,
  changeSettings,
  type EditedFile,
  type SettingsChange,
} from './change-settings.js';
export { describeTemplate, type TemplateDetails } from './describe-template.js';
export { doubtfulKeys } from './doubtful-keys.js';
export { makePlan } from './make-plan.js';
export type * from './types.js';
