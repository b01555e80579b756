export { isSame } from './compare.js';
export { hasBasic, hasHeader, headerOf, hmacOf, isSigned, isTimely, secretsOf, type HmacAlgorithm } from './proofs.js';
export { jsonBody, type JsonBody } from './json-body.js';
