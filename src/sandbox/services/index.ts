export { type ChangedServices, changeServices, type ServiceAction, type ServiceChangeRequest } from './change.js';
export { findOwnServices, findServices, type ServicePlace } from './find.js';
export { listServices, type ServiceOnNode } from './list.js';
