import { ProtocolError, RejectedError, type HttpResponse, type Verdict } from '../sdk/contract/index.js';

/** A 200 whose body holds an error or breaks off: rows before it are real, but the page is not whole. A smaller page may pass. */
export class CutAnswerError extends ProtocolError {}

/**
 * The instance's own signs that the HTTP layer cannot know.
 * - 202 without body: the queue of a session was full and the request was dropped (KB3047080).
 * - 429 of a rate rule names the next reset in X-RateLimit-Reset, Unix seconds (inbound-REST-API-rate-limiting.html).
 * - 200 with HTML: a hibernating instance, a login page, a proxy.
 * - 200 with `error` beside or after `result`, maybe cut: the transaction quota was hit while streaming (KB1297438).
 */
export function judge(response: HttpResponse, now: number): Verdict | undefined {
  const { status, headers, text } = response;
  if (status === 202) return { kind: 'retry', reason: 'the request was dropped because the queue of the session was full (202)' };
  if (status === 429 && headers['retry-after'] === undefined) {
    const reset = Number(headers['x-ratelimit-reset']);
    return Number.isFinite(reset) && reset > 0
      ? { kind: 'retry', reason: 'rate limit exceeded', afterMs: Math.max(0, reset * 1000 - (response.serverTime ?? now)) } : undefined;
  }
  if (status < 200 || status > 299 || status === 204) return undefined;
  let body: unknown;
  try {
    body = response.json();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const html = (headers['content-type'] ?? '').includes('html') || /^\s*</.test(text);
    if (!html) return { kind: 'fail', error: new CutAnswerError(error.message, error.request, { hint: error.hint, vendorWords: error.vendorWords } as object) };
    return { kind: 'retry', reason: 'a web page instead of JSON', error: new ProtocolError(error.message, error.request, {
      vendorWords: error.vendorWords ?? '', hint: 'The instance may be hibernating (developer instances), show a login page (single sign-on), or a proxy answers: open baseUrl in a browser.' }) };
  }
  const inside = typeof body === 'object' && body !== null ? (body as { error?: { message?: unknown; detail?: unknown } }).error : undefined;
  if (inside !== undefined && inside !== null) {
    // uncut: of a secret that is cut the rest would not be known again
    const words = [inside.message, inside.detail].filter((part) => typeof part === 'string' && part !== '').join(': ');
    return { kind: 'fail', error: new CutAnswerError(`answered 200 with an error inside: ${words}`, undefined, { vendorWords: words, hint: 'The transaction quota (60 s) of the instance was hit; smaller pages are asked for by themselves.' }) };
  }
  return undefined;
}

/** True for the 400 that says that a table does not exist on this instance. */
export const isInvalidTable = (error: unknown): boolean => error instanceof RejectedError && error.request?.status === 400 && /invalid table/i.test(error.vendorWords ?? '');
