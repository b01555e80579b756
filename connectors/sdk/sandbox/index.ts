export * from './types.js';
export * from './fleet.js';
export * from './faults.js';
export * from './server.js';
export * from './fault-proxy.js';
export * from './limits.js';
export * from './certificate.js';
export * from './fleet-file.js';
