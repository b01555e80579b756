export { createHttp, type HttpOptions, type SourceHttp } from './create-http.js';
export { createRedactor, REDACTED, type Redactor } from './redact.js';
export { mustBeJson, firstOf } from './judge.js';
export { fullJitter, retryAfterMs } from './backoff.js';
export { printable, vendorWords } from './words.js';
export { BearerAuthenticator, type BearerToken } from './bearer.js';
export { reach } from './reach.js';
