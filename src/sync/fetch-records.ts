import { SourceError, type FetchedOne, type Stream } from '../../connectors/sdk/contract/index.js';
import { judgeOf, judgeRecord, readRecord, type JudgedRecord } from './read-record.js';
import type { StreamRun } from './stream-run.js';

/** One record as it stands at the vendor now. */
export type ReadBack =
  | { readonly kind: 'found'; readonly raw: unknown; readonly judged: JudgedRecord; readonly readAt: number }
  | { readonly kind: 'gone' | 'unknown'; readonly reason: string };

/** Asks for records by id, several at once where the connector can; as they were, or are, or the reason why nobody knows. */
export async function fetchRecords(client: unknown, run: StreamRun, externalIds: readonly string[], now: () => number): Promise<Map<string, ReadBack>> {
  const { stream } = run;
  const found = new Map<string, ReadBack>();
  const readAt = now();
  const many = stream.push?.fetchMany ? await stream.push.fetchMany(client, externalIds) : undefined;
  let failure: SourceError | undefined;
  let answered = 0;
  for (const id of externalIds) {
    const at = many ? readAt : now();
    const one = many ? (many.get(id) ?? { kind: 'unknown' as const, reason: 'the target did not return it' }) : await fetchOne(client, stream, id);
    if (one instanceof SourceError) {
      failure ??= one;
      found.set(id, { kind: 'unknown', reason: one.message });
      continue;
    }
    answered++;
    if (one.kind === 'found') found.set(id, { kind: 'found', raw: one.raw, judged: await judgeRaw(run, one.raw, at), readAt: at });
    else found.set(id, { kind: one.kind, reason: one.kind === 'gone' ? 'the target has deleted it' : one.reason });
  }
  if (failure && answered === 0) throw failure;
  return found;
}

/** What fails is the record's own trouble as long as others are answered; what is told to us all is not. */
async function fetchOne(client: unknown, stream: Stream<any, any>, id: string): Promise<FetchedOne<unknown> | SourceError> {
  if (!stream.fetchOne) throw new Error(`stream ${stream.name} writes records that it cannot read one by one`);
  try {
    return await stream.fetchOne(client, id);
  } catch (error) {
    if (!(error instanceof SourceError) || error.code === 'rate_limited' || error.code === 'authentication' || error.code === 'interrupted') throw error;
    return error;
  }
}

export function judgeRaw(run: StreamRun, raw: unknown, readAt: number): Promise<JudgedRecord> {
  return judgeRecord(readRecord(raw, run.stream, { ...run.mapContext, readAt }), judgeOf(run), readAt);
}
