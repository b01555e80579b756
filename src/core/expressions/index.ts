export * from './types.js';
export { parseExpression } from './parse.js';
export { evaluate, truthOf, type Truth } from './evaluate.js';
export { printExpression } from './print.js';
export { instantAt, nextTurnAt, type Clocked } from './instants.js';
export { BUILT_IN_FUNCTIONS } from './built-in.js';
export { RULE_CLOCKS, RULE_FUNCTIONS } from './vocabulary.js';
export { parseDuration, printDuration } from './durations.js';
export { editDistance, nearMiss, nearest } from './nearest.js';
