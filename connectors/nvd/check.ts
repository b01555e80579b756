import { SourceError, type CheckFinding } from '../sdk/contract/index.js';
import type { NvdClient } from './client.js';
import { countRecords, feedsOf, verify } from './files.js';

const SKEW_WARNING_MS = 5 * 60_000;

/** Reaches NVD and tells whether it takes the key; or reads the files' checksums. */
export async function* check(client: NvdClient): AsyncGenerator<CheckFinding> {
  if (client.files !== undefined) return yield* checkFiles(client);
  try {
    const { answer, response } = await client.ask({ resultsPerPage: 1 });
    yield {
      what: 'reach', outcome: answer.totalResults > 0 ? 'ok' : 'warning',
      message: answer.totalResults > 0 ? `${answer.totalResults} records` : 'NVD answers, but counts no record at all',
      ...(answer.totalResults === 0 && { hint: 'NVD does that in trouble: try again later, or check baseUrl.' }),
    };
    yield keyFinding(client, response.headers['apikey']);
    const skew = response.serverTime === undefined ? 0 : response.serverTime - client.context.clock.now();
    if (Math.abs(skew) > SKEW_WARNING_MS) {
      yield {
        what: 'clock', outcome: 'warning', message: `the clock of this machine is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'behind' : 'ahead of'} NVD's`,
        hint: 'Synchronise it: windows of changes end at the present.',
      };
    }
  } catch (error) {
    yield failed(client.hasKey ? 'reach and key' : 'reach', error);
  }
}

/** An accepted key is confirmed by the header `apikey: Yes`. */
function keyFinding(client: NvdClient, header: string | undefined): CheckFinding {
  if (!client.hasKey) return { what: 'key', outcome: 'ok', message: 'no key: 5 requests in 30 s, a first load takes some 20 minutes', hint: 'A free key allows ten times as many: https://nvd.nist.gov/developers/request-an-api-key.' };
  return header?.toLowerCase() === 'yes'
    ? { what: 'key', outcome: 'ok', message: 'accepted: 50 requests in 30 s' }
    : { what: 'key', outcome: 'warning', message: 'NVD answers, but does not confirm the key', hint: 'Something on the way may remove the header apiKey.' };
}

async function* checkFiles(client: NvdClient): AsyncGenerator<CheckFinding> {
  let feeds;
  try {
    feeds = await feedsOf(client);
  } catch (error) {
    return yield failed('files', error);
  }
  for (const feed of feeds) {
    try {
      await verify(client, feed);
      const records = await countRecords(client, feed);
      yield { what: feed.name, outcome: records > 0 ? 'ok' : 'warning', message: `${records} records; ${feed.sha256 === undefined ? 'no .meta beside it, so its checksum is not checked' : 'checksum as in its .meta'}` };
    } catch (error) {
      yield failed(feed.name, error);
    }
  }
}

function failed(what: string, error: unknown): CheckFinding {
  if (!(error instanceof SourceError) || error.code === 'interrupted') throw error;
  return { what, outcome: 'failed', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}
