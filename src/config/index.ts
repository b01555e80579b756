export type * from './types.js';
export { configFiles, loadConfig, showConfig, type LoadRequest, type LoadResult } from './load.js';
export { formatProblem, type ConfigProblem } from './problem.js';
export { configSchema } from './schema.js';
export { parseDuration, printDuration } from './durations.js';
export { nearest } from './nearest.js';
export type { ConfigRow } from './effective.js';
export { isPath, type ConnectorCatalogue } from './build/connector-rules.js';
