export * from './push-types.js';
export * from './decide.js';
export * from './judge-asset.js';
export * from './verify.js';
