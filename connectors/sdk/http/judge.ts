import { ProtocolError, type HttpResponse, type Verdict } from '../contract/index.js';

/**
 * For `HttpRequest.judge`: the answer must be JSON. Cut JSON, a login page or a maintenance page behind a 200 is tried
 * again and becomes a ProtocolError when no try is left. Statuses that are failures anyway are left to the usual rules.
 */
export function mustBeJson(response: HttpResponse): Verdict | undefined {
  if (response.status < 200 || response.status > 299) return undefined;
  try {
    response.json();
    return undefined;
  } catch (error) {
    return { kind: 'retry', reason: 'the answer is not JSON', ...(error instanceof ProtocolError && { error }) };
  }
}

/** The first verdict that any of them gives. */
export const firstOf = (...judges: readonly ((response: HttpResponse) => Verdict | undefined)[]) =>
  (response: HttpResponse): Verdict | undefined => {
    for (const judge of judges) {
      const verdict = judge(response);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };
