import { defineStream, NotFoundError, RejectedError, type FetchedOne, type Page } from '../../sdk/contract/index.js';
import type { NvdClient } from '../client.js';
import { pullFiles } from '../files.js';
import { mapCve } from '../map.js';
import { cveOf, type NvdCve } from '../raw.js';
import { pullApi } from '../walk.js';

/**
 * NVD never deletes: a withdrawn CVE becomes Rejected, so the filter `noRejected` is never set. No record at all is no
 * state of NVD's, but trouble.
 */
export const vulnerabilities = defineStream<NvdClient, NvdCve>({
  name: 'vulnerabilities',
  permissions: [],
  deletes: 'unknowable',
  incremental: 'full',
  neverEmpty: true,
  pull: (client, from): AsyncIterable<Page<NvdCve>> => (client.files === undefined ? pullApi(client, from) : pullFiles(client, from)),
  map: mapCve,
  fetchOne,
});

/** An empty answer is no proof with NVD (https://github.com/aquasecurity/vuln-list-nvd/pull/2): "gone" is never said. */
async function fetchOne(client: NvdClient, externalId: string): Promise<FetchedOne<NvdCve>> {
  if (client.files !== undefined) return { kind: 'unknown', reason: 'the records come from files, which are read as a whole' };
  try {
    const { answer } = await client.ask({ cveId: externalId }, 'vulnerabilities');
    const found = answer.vulnerabilities.map(cveOf).find((cve) => cve.id === externalId);
    return found === undefined ? { kind: 'unknown', reason: 'NVD answers with an empty list, which it also does in trouble' } : { kind: 'found', raw: found };
  } catch (error) {
    if (!(error instanceof RejectedError || error instanceof NotFoundError)) throw error;
    return { kind: 'unknown', reason: error.message };
  }
}

