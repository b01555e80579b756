import { headsByExternalId } from '../database/repositories/records.js';
import type { Tx } from '../database/tx.js';
import { judgeOf, judgeRecord, readRecord, type JudgedRecord } from './read-record.js';
import type { StreamRun } from './stream-run.js';

/** What a stored raw payload says under the present mapping, without a call to the vendor. */
export async function remap(run: Pick<StreamRun, 'stream' | 'mapContext' | 'mapping' | 'source' | 'judgement'>, raw: string, readAt: number): Promise<JudgedRecord> {
  const context = { ...run.mapContext, readAt };
  const read = readRecord(JSON.parse(raw), run.stream, context);
  return judgeRecord({ ...read, canonical: raw }, judgeOf(run), readAt);
}

export const headOf = async (tx: Tx, streamId: number, externalId: string) => (await headsByExternalId(tx, streamId, [externalId])).get(externalId);
