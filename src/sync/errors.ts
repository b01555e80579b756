import { randomBytes } from 'node:crypto';
import { SourceError } from '../../connectors/sdk/contract/index.js';
import { DatabaseError } from '../database/errors.js';
import { LeaseLostError } from '../database/repositories/leases.js';
import type { ErrorReport } from './stream-run.js';

/** For people and for the record of the run: what failed, where, in whose words, what to do. */
export function errorReport(error: unknown, stream: string | undefined, redact: (text: string) => string): ErrorReport {
  const id = randomBytes(4).toString('hex');
  const where = stream === undefined ? {} : { stream };
  if (error instanceof SourceError) {
    const { request } = error;
    return {
      id, code: error.code, message: redact(error.message), ...where, ...(request?.stream !== undefined && { stream: request.stream }),
      ...(request && { request: { method: request.method, url: request.url, ...(request.status !== undefined && { status: request.status }), ...(request.requestId !== undefined && { requestId: request.requestId }) } }),
      ...(error.vendorWords !== undefined && { vendorWords: redact(error.vendorWords) }), ...(error.hint !== undefined && { hint: redact(error.hint) }),
    };
  }
  if (error instanceof DatabaseError) return { id, code: error.code, message: error.message, ...where, hint: error.hint };
  if (error instanceof LeaseLostError) return { id, code: 'lease_lost', message: error.message, ...where, hint: 'another process took the run over; see `lockstep runs list`' };
  const { code, message } = error as { code?: string; message?: string };
  return { id, code: typeof code === 'string' ? code : 'unexpected', message: redact(message ?? String(error)), ...where, hint: 'run it again with --debug, and report it with this id if it stays' };
}

export const isInterruption = (error: unknown, signal: AbortSignal): boolean => signal.aborted || (error instanceof SourceError && error.code === 'interrupted');

export class UnknownNameError extends Error {
  constructor(readonly what: 'source' | 'stream', readonly wanted: string, readonly known: readonly string[]) {
    super(`there is no ${what} "${wanted}" in the configuration`);
    this.name = 'UnknownNameError';
  }
}
