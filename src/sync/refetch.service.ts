import type { SourceSettings } from '../config/types.js';
import { holderOf, holderWords } from '../database/processes.js';
import { checkLease, releaseLease, takeLease, type Lease } from '../database/repositories/leases.js';
import { headsByExternalId } from '../database/repositories/records.js';
import { executeIn } from '../database/tx.js';
import type { Engine } from '../engine/engine.js';
import { traced } from '../observability/tracing.js';
import { connectSource, type Connection } from '../sources/connections.js';
import { fetchRecords, type ReadBack } from './fetch-records.js';
import { judgementOf } from './judgement.js';
import { settleTold } from './missing.js';
import { storeSightings } from './sighting.js';
import { SourceBusyError, storedRun } from './stored-run.js';
import type { Judgement } from './slice-types.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

export interface WantedRecord { readonly stream: string; readonly externalId: string }

/** `absent`: the vendor does not have it, and never had here: it may not show yet what was just created. `gone`: it had it, and tells now that it is deleted. */
export interface Refetched extends WantedRecord { readonly outcome: 'stored' | 'gone' | 'absent' | 'unknown'; readonly reason?: string }

/** Records asked for and stored together. */
const BATCH = 50;
/** In which deletes that are told one by one count together. */
const AN_HOUR = 3_600_000;

/**
 * Single records of a source, read again because somebody said that something happened to them, beside whatever run reads
 * the source as a whole. What is stored owes its targets what it always owes.
 */
export class RefetchService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  /** In the order of `wanted`. Throws a `SourceError` where the source as a whole does not answer: nothing of the rest was asked then. */
  refetch(source: SourceSettings, wanted: readonly WantedRecord[]): Promise<Refetched[]> {
    return traced('refetch', { source: source.name, records: wanted.length }, () => this.carryOut(source, wanted));
  }

  private async carryOut(source: SourceSettings, wanted: readonly WantedRecord[]): Promise<Refetched[]> {
    const { engine } = this;
    const id = `refetch-${engine.clock.now().toString(36)}`;
    const held = await engine.database.transaction((tx) => takeLease(tx, `refetch:${source.name}`, holderOf(engine.actor, id), LEASE_MS, engine.clock.now()));
    if ('heldBy' in held) throw new SourceBusyError(source.name, holderWords(held.heldBy));
    let connection: Connection | undefined;
    try {
      connection = await connectSource(engine, source);
      const outcomes = new Map<string, Refetched>();
      for (const [name, ids] of byStream(wanted)) {
        const stream = connection.connector.streams.find((each) => each.name === name && source.streams.includes(name));
        if (!stream || !(stream.fetchOne ?? stream.push?.fetchMany)) {
          for (const externalId of ids) outcomes.set(`${name}/${externalId}`, { stream: name, externalId, outcome: 'unknown', reason: stream ? `records of ${name} cannot be asked for one by one` : `${name} is not read` });
          continue;
        }
        const run = await storedRun(engine, this.judgement, source, connection.connector, stream, held.lease, id);
        for (let at = 0; at < ids.length; at += BATCH) for (const each of await this.batch(connection, run, held.lease, ids.slice(at, at + BATCH))) outcomes.set(`${name}/${each.externalId}`, each);
        await settleTold({ database: engine.database, now: () => engine.clock.now(), crash: engine.crash }, run, AN_HOUR);
      }
      return wanted.map(({ stream, externalId }) => outcomes.get(`${stream}/${externalId}`) as Refetched);
    } finally {
      await connection?.close().catch((error: unknown) => engine.log.warn('connection not closed', { source: source.name, error: String(error) }));
      await engine.database.transaction((tx) => releaseLease(tx, held.lease));
    }
  }

  private async batch(connection: Connection, run: StreamRun, lease: Lease, ids: readonly string[]): Promise<Refetched[]> {
    const { engine } = this;
    const found = await fetchRecords(connection.client, run, ids, () => engine.clock.now());
    return engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      await checkLease(tx, lease, LEASE_MS, now);
      const heads = await headsByExternalId(tx, run.streamId, ids);
      await storeSightings(tx, run, ids.flatMap((id) => { const each = found.get(id); return each?.kind === 'found' ? [{ judged: each.judged, readAt: each.readAt }] : []; }), now);
      const told = ids.filter((id) => found.get(id)?.kind === 'gone' && heads.get(id)?.state === 'live');
      // Judged with all that the vendor tells, by the same guards.
      await executeIn(tx, `UPDATE record_heads SET told_at = ? WHERE stream_id = ? AND state = 'live' AND told_at IS NULL AND external_id IN (?)`, told, [now, run.streamId]);
      return ids.map((externalId): Refetched => {
        const each: ReadBack = found.get(externalId) ?? { kind: 'unknown', reason: 'the source told nothing of it' };
        if (each.kind === 'found') return { stream: run.stream.name, externalId, outcome: 'stored' };
        if (each.kind === 'gone') return { stream: run.stream.name, externalId, outcome: heads.has(externalId) ? 'gone' : 'absent', reason: each.reason };
        return { stream: run.stream.name, externalId, outcome: 'unknown', reason: each.reason };
      });
    });
  }
}

function byStream(wanted: readonly WantedRecord[]): Map<string, string[]> {
  const groups = new Map<string, Set<string>>();
  for (const { stream, externalId } of wanted) groups.set(stream, (groups.get(stream) ?? new Set()).add(externalId));
  return new Map([...groups].map(([stream, ids]) => [stream, [...ids]]));
}
