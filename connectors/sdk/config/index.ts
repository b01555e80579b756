export { IsHttpAddress, isHttpAddress, readOptions, type OptionProblem } from './options.js';
