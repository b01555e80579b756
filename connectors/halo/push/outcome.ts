import {
  AuthenticationError, ConflictError, InterruptedError, NotFoundError, PermissionError, RateLimitedError, RejectedError, SourceConfigurationError, SourceError, UnavailableError,
  type WriteOutcome,
} from '../../sdk/contract/index.js';

/** The connection was never made: nothing can have been applied. */
const NOT_SENT = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);

/** What became of a write whose sending failed. Errors that concern more than this write are thrown. */
export function outcomeOf(error: unknown): WriteOutcome {
  if (!(error instanceof SourceError) || error instanceof AuthenticationError || error instanceof SourceConfigurationError || error instanceof InterruptedError) throw error;
  if (error instanceof RateLimitedError) return { kind: 'retry', reason: error.message, afterMs: error.retryAfterMs };
  if (error instanceof ConflictError) return { kind: 'conflict', reason: error.message };
  if (error instanceof NotFoundError) return { kind: 'gone', reason: `${error.message}: deleted, or hidden from this agent` };
  if (error instanceof PermissionError || error instanceof RejectedError) return { kind: 'refused', error: explained(error) };
  if (error instanceof UnavailableError) {
    const code = (error.cause as { code?: unknown } | undefined)?.code;
    const unsent = (typeof code === 'string' && NOT_SENT.has(code)) || error.request?.status === 425;
    return unsent ? { kind: 'retry', reason: error.message } : { kind: 'unknown', reason: error.message };
  }
  return { kind: 'unknown', reason: error.message };
}

/** Of something that was only read: whatever is unclear about it is no doubt about a write. */
export function beforeSending(error: unknown): Extract<WriteOutcome, { kind: 'retry' | 'refused' }> {
  const outcome = outcomeOf(error);
  if (outcome.kind === 'retry' || outcome.kind === 'refused') return outcome;
  if (outcome.kind === 'unknown') return { kind: 'retry', reason: outcome.reason };
  throw error;
}

/** A conflict of what is not there yet is with something else, that holds a value of its own alone. */
export const taken = (error: ConflictError): ConflictError => new ConflictError(error.message, error.request, {
  hint: 'Look in Halo for another asset with this tag, serial number or name, and settle which of the two it is; then try again.', cause: error, ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }) });

/** The vendor's refusal with the next step: which right, which setting. */
function explained(error: PermissionError | RejectedError): SourceError {
  const words = error.vendorWords ?? '';
  const hint = error instanceof PermissionError
    ? "Tick edit:assets on the Permissions tab of the API application, and let its agent's role change assets of this type."
    : /tag must be unique/i.test(words) ? 'The setting "Asset Tag must be unique" is on, and another asset has this tag: correct one of the two.'
      : /status/i.test(words) ? 'Allow the status for the asset type (Configuration > Assets > Asset Types), look at what each status may follow, or name another under options.statuses.'
        : 'Halo does not take this change of an asset; its own words say why.';
  const options = { hint, cause: error, ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }) };
  return error instanceof PermissionError ? new PermissionError(error.message, error.request, options) : new RejectedError(error.message, error.request, options);
}
