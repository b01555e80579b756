export * from './vocabulary.js';
export * from './records.js';
export * from './stream.js';
export * from './push.js';
export * from './webhook.js';
export * from './connector.js';
export * from './http.js';
export * from './errors.js';
