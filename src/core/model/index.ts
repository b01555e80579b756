export * from './source-record.js';
export * from './lifecycle.js';
export * from './decisions.js';
export * from './rules.js';
export * from './classes.js';
export * from './compare.js';
export * from './bag.js';
