import {
  ConflictError, InterruptedError, NotFoundError, PermissionError, ProtocolError, RateLimitedError, RejectedError,
  SourceConfigurationError, UnavailableError, type HttpRequest, type HttpResponse, type RequestSummary,
} from '../contract/index.js';
import { UnacceptableBodyError } from './body.js';
import type { Redactor } from './redact.js';
import { printable, vendorWords } from './words.js';

/** What is to be done with a failed call. */
export interface Failure {
  /** Another call may help and does no harm. */
  readonly again: boolean;
  /** The vendor asked the whole source to slow down. */
  readonly throttled?: boolean;
  /** A SourceError, or what the connector's own judge chose. */
  readonly error: Error;
}

/** `source stream: METHOD url` — who speaks, for every message. */
export function subject(request: RequestSummary): string {
  return `${request.source}${request.stream === undefined ? '' : ` ${request.stream}`}: ${request.method} ${request.url}`;
}

/** The vendor's id of an answer, under whichever of the usual names. */
export function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  const name = Object.keys(headers).find((key) => /^(x-)?([a-z]+-)?(request|correlation|transaction|trace)-?id$/.test(key));
  return name === undefined ? undefined : headers[name];
}

export const THROTTLE_HINT = 'The system limits how often it may be asked: raise its limit for this user, or sync less often.';

const NOT_SENT = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;

export function codeOf(error: unknown): string {
  for (let at = error, depth = 0; depth < 5 && typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause, depth += 1) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string' && code !== 'ERR_BAD_REQUEST' && code !== 'ERR_BAD_RESPONSE' && code !== 'ERR_NETWORK') return code;
  }
  return '';
}

/** The origin of a failure without what it carries: a client's error holds headers, and they hold the credentials. */
export function bareCause(error: unknown, redact: Redactor): Error {
  const origin = error instanceof Error ? error : new Error(String(error));
  const bare = Object.assign(new Error(printable(origin.message, redact)), { code: codeOf(error) });
  bare.name = origin.name;
  if (origin.stack !== undefined) bare.stack = redact(origin.stack);
  return bare;
}

const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The name does not resolve: check the spelling of the address in the configuration, and DNS.',
  EAI_AGAIN: 'DNS did not answer: check the name service of this machine.',
  ECONNREFUSED: 'Nothing listens there: check host and port in the configuration, and whether a firewall or proxy stands between.',
};

/** A call that brought no whole answer: refused, reset, hung, cut, or undecodable. */
export function transportFailure(error: unknown, request: HttpRequest, summary: RequestSummary, redact: Redactor, timeoutMs: number | undefined): Failure {
  const cause = bareCause(error, redact);
  const code = codeOf(error);
  const idempotent = request.idempotent ?? (request.method ?? 'GET') === 'GET';
  if (error instanceof UnacceptableBodyError) {
    return { again: false, error: new ProtocolError(`${subject(summary)}: ${printable(error.message, redact)}`, summary, { cause, hint: 'Ask for smaller pages, or look whether a proxy changes the answers.' }) };
  }
  if (CERTIFICATE.test(code)) {
    return { again: false, error: new UnavailableError(`${subject(summary)}: the server's certificate is not trusted (${code})`, summary, {
      cause, hint: "Name your authority's certificate under tls.caFile, or have the server's certificate renewed; rejectUnauthorized: false is for trials only." }) };
  }
  if (timeoutMs !== undefined) {
    return { again: idempotent, error: new UnavailableError(`${subject(summary)}: no whole answer within ${timeoutMs} ms`, summary, {
      cause, hint: 'The system is slow or hangs, or something between drops the connection.' }) };
  }
  // zlib's own words: a cut or broken compressed body is as good as a reset.
  const broken = code.startsWith('Z_') ? 'the compressed answer is broken or cut' : code === '' ? cause.message : `${code}: ${cause.message}`;
  return {
    again: idempotent || NOT_SENT.has(code),
    error: new UnavailableError(`${subject(summary)}: ${broken}`, summary, { cause, hint: HINTS[code] ?? 'Check the network between here and there, and the state of the system.' }),
  };
}

/** A whole answer with a status that means failure. */
export function statusFailure(response: HttpResponse, request: HttpRequest, summary: RequestSummary, redact: Redactor, asked: number | undefined): Failure {
  const { status } = response;
  const words = vendorWords(response.text, redact);
  const said = words === undefined ? '' : `: ${words}`;
  const options = (hint?: string) => ({ ...(words !== undefined && { vendorWords: words }), ...(hint !== undefined && { hint }) });
  const message = `${subject(summary)} answered ${status}${said}`;
  const idempotent = request.idempotent ?? (request.method ?? 'GET') === 'GET';
  switch (true) {
    case status === 429: {
      const error = new RateLimitedError(asked ?? 0, summary, options(THROTTLE_HINT));
      error.message = `${message}; ${error.message}`;
      return { again: true, throttled: true, error };
    }
    case status === 403:
      return { again: false, error: new PermissionError(message, summary, options('The credentials are good, but lack a right for this: see Permissions in the README of the connector.')) };
    case status === 404 || status === 410:
      return { again: false, error: new NotFoundError(message, summary, options()) };
    case status === 407:
      return { again: false, error: new SourceConfigurationError(message, summary, options('The proxy asks for credentials: write them into HTTPS_PROXY or HTTP_PROXY, or list the host in NO_PROXY.')) };
    case status === 409 || status === 412:
      return { again: false, error: new ConflictError(message, summary, options()) };
    case status >= 300 && status < 400: {
      const target = locationOf(response, summary.url);
      return { again: false, error: new SourceConfigurationError(
        `${subject(summary)} answered ${status}, a redirect${target === undefined ? '' : ` to ${printable(target, redact)}`}, which is not followed with credentials`, summary,
        options('Check the address in the configuration: it must be the one that the API itself answers at.')) };
    }
    case status === 501 || status === 505:
      return { again: false, error: new RejectedError(message, summary, options()) };
    case status >= 500 || status === 408 || status === 425:
      // 503 with Retry-After was not worked on; else nobody knows how far a write had come.
      return { again: idempotent || status === 425 || (status === 503 && asked !== undefined), throttled: status === 503 && asked !== undefined,
        error: new UnavailableError(message, summary, options('The system has trouble or is under maintenance; the next run goes on where this one stopped.')) };
    default:
      return { again: false, error: new RejectedError(message, summary, options()) };
  }
}

/** Origin and path of a redirect's goal; never its query, which may carry a ticket. */
function locationOf(response: HttpResponse, base: string): string | undefined {
  const location = response.headers['location'];
  if (location === undefined || !URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  return url.origin + url.pathname;
}

export function interrupted(summary: RequestSummary): InterruptedError {
  return new InterruptedError(`${subject(summary)}: interrupted`, summary);
}
