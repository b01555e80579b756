import type { Engine } from '../engine/engine.js';
import { openReviews } from '../database/repositories/reviews.js';
import { HEAD_COLUMNS, headOf, type RecordHead } from '../database/repositories/rows.js';
import { executeIn, type Tx } from '../database/tx.js';
import { sliceSize } from './slice-options.js';
import { storeSlice } from './slice-store.js';
import type { Judgement } from './slice-types.js';
import type { StreamRun } from './stream-run.js';
import { keysOf } from './waiting.js';

const COLUMNS = HEAD_COLUMNS.join(', ');

/** After a complete pass: records of scopes that the configuration no longer covers. They are not missing; a person decides. */
export async function judgeUnread(engine: Engine, run: StreamRun): Promise<void> {
  const covered = new Set([...run.scopes.values()].map((scope) => scope.scopeId));
  const rows = await engine.database.read((tx) => tx.query(`SELECT ${COLUMNS} FROM record_heads WHERE stream_id = ? AND state = 'live' AND seen_pass <> ?`, [run.streamId, run.pass]));
  const unread = rows.map(headOf).filter((head) => !covered.has(head.scopeId));
  await markUnread(engine, unread, run.judgement, { place: `${run.source.name}/${run.stream.name}`, why: 'its filter, region or table is no longer in the configuration', runId: run.runId, source: run.source.name });
}

/** Streams that left a source's configuration, and sources that left it altogether. */
export async function judgeRemoved(engine: Engine, judgement: Judgement): Promise<void> {
  const configured = new Map(engine.config.sources.map((source) => [source.name, new Set(source.streams)]));
  const streams = await engine.database.read((tx) => tx.query('SELECT id, source, name FROM streams'));
  for (const stream of streams) {
    if (configured.get(stream['source'])?.has(stream['name'])) continue;
    const rows = await engine.database.read((tx) => tx.query(`SELECT ${COLUMNS} FROM record_heads WHERE stream_id = ? AND state = 'live'`, [Number(stream['id'])]));
    if (rows.length === 0) continue;
    await markUnread(engine, rows.map(headOf), judgement, {
      place: `${stream['source']}/${stream['name']}`, why: configured.has(stream['source']) ? 'the stream is no longer in the configuration' : 'the source is no longer in the configuration', runId: null, source: stream['source'],
    });
  }
}

interface Why {
  readonly place: string;
  readonly why: string;
  readonly runId: string | null;
  readonly source: string;
}

async function markUnread(engine: Engine, heads: readonly RecordHead[], judgement: Judgement, { place, why, runId, source }: Why): Promise<void> {
  const size = sliceSize(engine.database);
  for (let at = 0; at < heads.length; at += size) {
    const part = heads.slice(at, at + size);
    await engine.database.transaction(async (tx) => {
      const now = engine.clock.now();
      await storeSlice(tx, part.filter((head) => head.kind === 'asset').map((head) => ({ kind: 'state', head, state: 'unread', at: now })), judgement, { guard: false, firstLoad: false, cause: { kind: 'run', source, ...(runId !== null && { run: runId }) }, runId, source, now });
      await setUnread(tx, part.filter((head) => head.kind !== 'asset').map((head) => head.id));
      const keys = await keysOf(tx, part.map((head) => head.id));
      await openReviews(tx, [{ kind: 'unread_records', cause: `unread:${place}`, records: [...keys.keys()], because: `${why}: its records stay as they are, unconfirmed, until somebody keeps or withdraws them`, detail: { place, source } }], (key) => keys.get(key), { id: runId, source }, now);
    });
  }
}

async function setUnread(tx: Tx, ids: readonly number[]): Promise<void> {
  await executeIn(tx, `UPDATE record_heads SET state = 'unread' WHERE id IN (?)`, ids);
}
