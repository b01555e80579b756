import {
  AuthenticationError, ConflictError, InterruptedError, NotFoundError, PermissionError, RateLimitedError, RejectedError, SourceConfigurationError, SourceError, UnavailableError,
  ProtocolError, type HttpResponse, type RequestSummary, type Verdict, type WriteOutcome,
} from '../../sdk/contract/index.js';

/** The connection was never made: nothing can have been applied. */
const NOT_SENT = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);
/** KB1297438: the quota of a transaction cancelled it. Whoever tries again reads before, and sees an update that was kept after all. */
const CANCELLED = /transaction cancell?ed/i;

/**
 * What an answer to a write means before its status does. A write is never sent again by the port: whatever is not clear is
 * read back first. 202 is the one success that is none: the queue of the session was full (KB3047080).
 */
export function judgeWrite(response: HttpResponse): Verdict | undefined {
  const { status } = response;
  if (status === 202) return { kind: 'fail', error: new RateLimitedError(5_000, undefined, { vendorWords: 'the request was dropped because the queue of the session was full (202)', hint: 'Too many integrations share this instance: lower the concurrency, or write less often.' }) };
  if (status < 200 || status > 299) return undefined;
  let body: unknown;
  try {
    body = response.json();
  } catch (error) {
    // applied or not: a page of a proxy says nothing of what stands behind it
    if (!(error instanceof ProtocolError)) throw error;
    return { kind: 'fail', error };
  }
  const words = wordsOf(body);
  return words === undefined ? undefined : { kind: 'fail', error: new ProtocolError(`answered ${status} with an error inside: ${words}`, undefined, { vendorWords: words }) };
}

/** The same for one record, which is gone only if ServiceNow itself says so: a 404 without its envelope is that of a proxy, and says nothing of any record. */
export function judgeRecordWrite(response: HttpResponse): Verdict | undefined {
  if (response.status !== 404) return judgeWrite(response);
  let words: string | undefined;
  try {
    words = wordsOf(response.json());
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return words !== undefined ? undefined : { kind: 'fail', error: new ProtocolError('answered 404 without the words of ServiceNow', undefined, { hint: 'A proxy or a gateway may answer in its place: look whether it lets PATCH of the Table API pass.' }) };
}

/** The envelope of every failure: message and detail, uncut: of a secret that is cut the rest would not be known again. */
export function wordsOf(body: unknown): string | undefined {
  const inside = typeof body === 'object' && body !== null ? (body as { error?: unknown }).error : undefined;
  if (inside === undefined || inside === null) return undefined;
  if (typeof inside === 'string') return inside;
  const { message, detail } = inside as { message?: unknown; detail?: unknown };
  return [message, detail].filter((part) => typeof part === 'string' && part !== '').join(': ') || 'an error without words';
}

/** What became of a write whose sending failed. Errors that concern more than this write are thrown. */
export function outcomeOf(error: unknown, table: string): WriteOutcome {
  if (!(error instanceof SourceError) || error instanceof AuthenticationError || error instanceof SourceConfigurationError || error instanceof InterruptedError) throw error;
  const cancelled = CANCELLED.test(error.vendorWords ?? '');
  if (error instanceof RateLimitedError) return { kind: 'retry', reason: error.message, afterMs: error.retryAfterMs };
  if (error instanceof ConflictError) return { kind: 'conflict', reason: error.message };
  if (error instanceof NotFoundError) return { kind: 'gone', reason: `${error.message}: deleted, or hidden from this user` };
  if (error instanceof PermissionError || error instanceof RejectedError) return { kind: 'refused', error: explained(error, table) };
  if (cancelled) return { kind: 'retry', reason: error.message };
  if (error instanceof UnavailableError) {
    const code = (error.cause as { code?: unknown } | undefined)?.code;
    const unsent = typeof code === 'string' && NOT_SENT.has(code);
    return unsent || error.request?.status === 425 ? { kind: 'retry', reason: error.message } : { kind: 'unknown', reason: error.message };
  }
  return { kind: 'unknown', reason: error.message };
}

/** A conflict of what is not there yet is with something else, that holds a value of its own alone. */
export const taken = (error: ConflictError): ConflictError => new ConflictError(error.message, error.request, {
  hint: 'Look in ServiceNow for another CI with this serial number or name, or a unique index that refuses the new one; then try again.', cause: error, ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }) });

/** A failed item of a batch, as the same status would end alone. */
export function itemOutcome(status: number, words: string | undefined, headers: Readonly<Record<string, string>>, item: { readonly table: string; readonly request: RequestSummary }): WriteOutcome {
  const { source, stream, method, url } = item.request;
  const message = `${source}${stream === undefined ? '' : ` ${stream}`}: ${method} ${url} answered ${status} in a batch${words === undefined ? '' : `: ${words}`}`;
  const options = words === undefined ? {} : { vendorWords: words };
  const request = { ...item.request, status };
  const seconds = Number(headers['retry-after'] ?? NaN);
  switch (true) {
    case status >= 200 && status <= 299 && status !== 202: return { kind: 'unknown', reason: message };
    case status === 202 || status === 401 || status === 425: return { kind: 'retry', reason: message };
    case status === 403: return outcomeOf(new PermissionError(message, request, options), item.table);
    case status === 404 || status === 410: return outcomeOf(new NotFoundError(message, request, options), item.table);
    case status === 409 || status === 412: return outcomeOf(new ConflictError(message, request, options), item.table);
    case status === 429: return { kind: 'retry', reason: message, ...(Number.isFinite(seconds) && seconds >= 0 && { afterMs: seconds * 1000 }) };
    case status >= 400 && status < 500 && status !== 408: return outcomeOf(new RejectedError(message, request, options), item.table);
    default: return outcomeOf(new UnavailableError(message, request, options), item.table);
  }
}

/** The vendor's refusal with the next step: which right, which rule. */
function explained(error: PermissionError | RejectedError, table: string): SourceError {
  const words = error.vendorWords ?? '';
  const rule = /business rule\W*'?([^':]+)/i.exec(words)?.[1]?.trim();
  const hint = rule !== undefined ? `The business rule ${rule} of ${table} forbids this change: have its condition leave the integration user out, or push nothing that it forbids.`
    : /data policy/i.test(words) ? `A data policy of ${table} asks for more than was written: give the record what it wants, or leave the integration user out of the policy.`
      : /acl|security constraint|insufficient|not authori[sz]ed/i.test(words) || error instanceof PermissionError
        ? `Give the integration user a role that writes ${table} (${table.startsWith('alm_') ? 'asset' : 'itil, or asset'}), or a write access rule on the table and on each of the columns.`
        : `ServiceNow does not take this change of ${table}; its own words say why.`;
  const options = { hint, cause: error, ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }) };
  return error instanceof PermissionError ? new PermissionError(error.message, error.request, options) : new RejectedError(error.message, error.request, options);
}
