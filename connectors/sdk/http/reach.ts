import { AuthenticationError, SourceError, type CheckFinding, type Clock, type HttpResponse, type SourceConfig } from '../contract/index.js';

/** Clocks further apart than this shift what an increment sees by more than its overlap should have to forgive. */
const MOST_SKEW_MS = 60_000;

/** The first call of a check: does the name resolve, does the instance answer, are the credentials good, does its clock agree? Returns whether to go on. */
export async function* reach({ source, clock }: { readonly source: SourceConfig; readonly clock: Clock }, ask: () => Promise<HttpResponse>): AsyncGenerator<CheckFinding, boolean> {
  const { baseUrl = '', auth } = source;
  try {
    const before = clock.now();
    const { serverTime } = await ask();
    yield { what: `reach ${baseUrl} and authenticate (${auth.method})`, outcome: 'ok', message: 'the instance answers and accepts the credentials' };
    // half of the way is an estimate good enough for a limit of a minute
    const skew = serverTime === undefined ? undefined : serverTime - (before + clock.now()) / 2;
    if (skew !== undefined) {
      yield Math.abs(skew) <= MOST_SKEW_MS
        ? { what: 'clock', outcome: 'ok', message: `the clocks agree within ${Math.max(1, Math.ceil(Math.abs(skew) / 1000))} s` }
        : { what: 'clock', outcome: 'warning', message: `the clock of the instance is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's`,
          hint: 'Reads go by the instance\'s own clock and lose nothing; have the clock of this machine set (NTP), for times in the history are its own.' };
    }
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    yield { what: error instanceof AuthenticationError ? `authenticate (${auth.method})` : `reach ${baseUrl}`, outcome: 'failed', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
    return false;
  }
}
