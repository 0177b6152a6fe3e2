export { type EventsRequest, followSandboxEvents, readSandboxEvents, type SandboxEvent } from './events.js';
export { followLogs } from './logs/follow.js';
export { type LogLine, type LogsRequest, readLogs } from './logs/read.js';
export { logsRequest } from './logs/request.js';
export { choosePage, findForOpen, type Page, pagesOf } from './pages.js';
export { type PlacedPort, publishedPortsOf } from './ports.js';
export { parseSince } from './since.js';
export { type ChosenNode, chooseNodes, parseTarget } from './target.js';
