export { parseDuration, printDuration } from '../core/expressions/durations.js';
