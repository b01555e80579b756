export { editDistance, nearMiss, nearest } from '../core/expressions/nearest.js';
