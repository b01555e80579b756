/** What is safe to show of a request: never a header, a body or a query value that may hold a secret. */
export interface RequestSummary {
  readonly source: string;
  readonly stream?: string;
  readonly method: string;
  /** Origin and path, without query. */
  readonly url: string;
  readonly status?: number;
  /** The vendor's id of the answer, where it gives one. */
  readonly requestId?: string;
}

export type SourceErrorCode =
  | 'authentication' | 'permission' | 'rate_limited' | 'unavailable' | 'protocol' | 'rejected' | 'conflict' | 'not_found'
  | 'cursor_expired' | 'interrupted' | 'configuration';

/** Root of all errors that a source can cause. The class says what to do next, fields say the rest, `cause` keeps the origin. */
export abstract class SourceError extends Error {
  abstract readonly code: SourceErrorCode;
  abstract readonly retryable: boolean;
  constructor(
    message: string,
    readonly request?: RequestSummary,
    options?: ErrorOptions & { readonly vendorWords?: string; readonly hint?: string },
  ) {
    super(message, options);
    this.name = new.target.name;
    if (options?.vendorWords !== undefined) this.vendorWords = options.vendorWords;
    if (options?.hint !== undefined) this.hint = options.hint;
  }
  /** The vendor's own words, redacted, at most 500 characters. */
  readonly vendorWords?: string;
  /** What a person can do next. */
  readonly hint?: string;
}
/** Credentials were refused. */
export class AuthenticationError extends SourceError { readonly code = 'authentication'; readonly retryable = false; }
/** Authenticated, but not allowed this. */
export class PermissionError extends SourceError { readonly code = 'permission'; readonly retryable = false; }
/** The vendor asked to wait, and waiting was used up. */
export class RateLimitedError extends SourceError {
  readonly code = 'rate_limited'; readonly retryable = true;
  constructor(readonly retryAfterMs: number, request?: RequestSummary, options?: ConstructorParameters<typeof SourceError>[2]) {
    super(`asked to wait ${retryAfterMs} ms`, request, options);
  }
}
/** Not reachable, or answers that it cannot now (5xx, reset, timeout). */
export class UnavailableError extends SourceError { readonly code = 'unavailable'; readonly retryable = true; }
/** An answer that is not what its interface promises. */
export class ProtocolError extends SourceError { readonly code = 'protocol'; readonly retryable = true; }
/** The vendor understood and refused. */
export class RejectedError extends SourceError { readonly code = 'rejected'; readonly retryable = false; }
/** The record changed under us. */
export class ConflictError extends SourceError { readonly code = 'conflict'; readonly retryable = true; }
export class NotFoundError extends SourceError { readonly code = 'not_found'; readonly retryable = false; }
/** The vendor no longer accepts the cursor: a full pass is needed. */
export class CursorExpiredError extends SourceError { readonly code = 'cursor_expired'; readonly retryable = false; }
/** Ctrl-C or shutdown. */
export class InterruptedError extends SourceError { readonly code = 'interrupted'; readonly retryable = true; }
/** The configuration cannot work with this instance. */
export class SourceConfigurationError extends SourceError { readonly code = 'configuration'; readonly retryable = false; }
