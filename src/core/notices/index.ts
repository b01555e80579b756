export * from './causes.js';
export * from './deliver.js';
export * from './facts.js';
export * from './follow.js';
export * from './route.js';
export * from './types.js';
