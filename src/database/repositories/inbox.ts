import type { Delivery } from '../../../connectors/sdk/contract/index.js';
import { executeIn, selectIn, type Row, type Tx } from '../tx.js';

/** A delivery that was proved, before it is kept. */
export interface NewDelivery {
  readonly source: string;
  /** What it is recognised by when it comes again; two of one source with the same are one. */
  readonly eventId: string;
  readonly changeId?: string;
  /** ms UTC, as are all instants here. */
  readonly receivedAt: number;
  readonly sentAt?: number;
  readonly address?: string;
  /** Without whatever proves it: no secret is kept. */
  readonly delivery: Delivery;
}
export type Kept = 'stored' | 'duplicate';

export interface WaitingDelivery {
  readonly id: number;
  readonly source: string;
  readonly receivedAt: number;
  readonly attempts: number;
  readonly delivery: Delivery;
}

export type DeliveryState = 'waiting' | 'done' | 'quarantined';

/** What became of a delivery. `waiting`: it is looked at again at `notBefore`; `looked`: the source answered, and that counts. */
export type DeliveryEnd =
  | { readonly id: number; readonly state: 'done'; readonly reason?: string }
  | { readonly id: number; readonly state: 'quarantined'; readonly reason: string }
  | { readonly id: number; readonly state: 'waiting'; readonly notBefore: number; readonly looked: boolean; readonly reason: string };

export interface KeptDelivery {
  readonly id: number;
  readonly source: string;
  readonly eventId: string;
  readonly receivedAt: number;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly reason: string | null;
}

export interface DeliveryCounts { readonly waiting: number; readonly quarantined: number; readonly oldestWaitingAt: number | null }

const COLUMNS = ['source', 'event_id', 'change_id', 'received_at', 'sent_at', 'address', 'headers', 'body', 'state', 'attempts', 'not_before'];
/** Of the days in which duplicates are recognised nothing is pruned. */
export const DEDUPE_MS = 7 * 86_400_000;

/** Which of them are new, in their order. Those of another process that arrive in this very moment are kept once, and may count as new in both. */
export async function keepDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<Kept[]> {
  const known = new Set<string>();
  for (const source of new Set(deliveries.map((each) => each.source))) {
    const own = deliveries.filter((each) => each.source === source);
    for (const row of await selectIn(tx, 'SELECT event_id AS name FROM inbox WHERE source = ? AND event_id IN (?)', own.map(({ eventId }) => eventId), [source])) known.add(`e ${source} ${String(row['name'])}`);
    for (const row of await selectIn(tx, 'SELECT change_id AS name FROM inbox WHERE source = ? AND change_id IN (?)', own.flatMap(({ changeId }) => changeId ?? []), [source])) known.add(`c ${source} ${String(row['name'])}`);
  }
  const fresh: NewDelivery[] = [];
  const kept = deliveries.map((each): Kept => {
    const names = [`e ${each.source} ${each.eventId}`, ...(each.changeId === undefined ? [] : [`c ${each.source} ${each.changeId}`])];
    if (names.some((name) => known.has(name))) return 'duplicate';
    for (const name of names) known.add(name);
    fresh.push(each);
    return 'stored';
  });
  await tx.insertMany('inbox', COLUMNS, fresh.map((each) => [
    each.source, each.eventId, each.changeId ?? null, each.receivedAt, each.sentAt ?? null, each.address ?? null, JSON.stringify({ headers: each.delivery.headers, query: each.delivery.query }), textOf(each.delivery.body), 'waiting', 0, each.receivedAt,
  ]), { keys: ['source', 'event_id'], update: [] });
  return kept;
}

export async function dueDeliveries(tx: Tx, source: string, now: number, limit: number): Promise<WaitingDelivery[]> {
  const rows = await tx.query(`SELECT id, source, received_at, attempts, headers, body FROM inbox WHERE state = 'waiting' AND source = ? AND not_before <= ? ORDER BY not_before, id LIMIT ?`, [source, now, limit]);
  return rows.map((row) => {
    const { headers, query } = JSON.parse(String(row['headers'])) as Pick<Delivery, 'headers' | 'query'>;
    return { id: Number(row['id']), source: String(row['source']), receivedAt: Number(row['received_at']), attempts: Number(row['attempts']), delivery: { headers, query, body: bytesOf(String(row['body'])) } };
  });
}

export async function endDeliveries(tx: Tx, ends: readonly DeliveryEnd[], now: number): Promise<void> {
  const groups = new Map<string, DeliveryEnd[]>();
  for (const end of ends) {
    const key = JSON.stringify({ ...end, id: 0 });
    groups.set(key, [...(groups.get(key) ?? []), end]);
  }
  for (const group of groups.values()) {
    const [end] = group as [DeliveryEnd];
    const ids = group.map(({ id }) => id);
    if (end.state === 'waiting') await executeIn(tx, 'UPDATE inbox SET attempts = attempts + ?, not_before = ?, reason = ? WHERE id IN (?)', ids, [end.looked ? 1 : 0, end.notBefore, end.reason]);
    else await executeIn(tx, 'UPDATE inbox SET state = ?, reason = ?, done_at = ? WHERE id IN (?)', ids, [end.state, end.reason ?? null, now]);
  }
}

/** Those that wait or are set aside, by source; of the rest nobody asks often. */
export async function openDeliveries(tx: Tx): Promise<Map<string, DeliveryCounts>> {
  const counts = new Map<string, DeliveryCounts>();
  for (const row of await tx.query(`SELECT source, state, COUNT(*) AS n, MIN(received_at) AS oldest FROM inbox WHERE state IN ('waiting', 'quarantined') GROUP BY source, state`)) {
    const source = String(row['source']);
    const before = counts.get(source) ?? { waiting: 0, quarantined: 0, oldestWaitingAt: null };
    counts.set(source, row['state'] === 'waiting' ? { ...before, waiting: Number(row['n']), oldestWaitingAt: Number(row['oldest']) } : { ...before, quarantined: Number(row['n']) });
  }
  return counts;
}

/** When the first of those that wait is to be looked at. */
export async function nextDue(tx: Tx, source: string): Promise<number | undefined> {
  const [row] = await tx.query(`SELECT MIN(not_before) AS at FROM inbox WHERE state = 'waiting' AND source = ?`, [source]);
  return row?.['at'] === null || row === undefined ? undefined : Number(row['at']);
}

export async function countAfter(tx: Tx, source: string, id: number): Promise<number> {
  const [row] = await tx.query('SELECT COUNT(*) AS n FROM inbox WHERE source = ? AND id > ?', [source, id]);
  return Number(row?.['n'] ?? 0);
}

/** Instants of the latest, the newest first. */
export async function arrivals(tx: Tx, source: string, limit: number): Promise<number[]> {
  return (await tx.query('SELECT received_at FROM inbox WHERE source = ? ORDER BY received_at DESC LIMIT ?', [source, limit])).map((row) => Number(row['received_at']));
}

export async function listDeliveries(tx: Tx, filter: { readonly source?: string; readonly state?: DeliveryState; readonly before?: number }, limit: number): Promise<KeptDelivery[]> {
  const { source, state, before } = filter;
  const conditions: readonly (readonly [string, string | number | undefined])[] = [['source = ?', source], ['state = ?', state], ['id < ?', before]];
  const chosen = conditions.filter((each): each is readonly [string, string | number] => each[1] !== undefined);
  const rows = await tx.query(`SELECT id, source, event_id, received_at, state, attempts, reason FROM inbox${chosen.length === 0 ? '' : ` WHERE ${chosen.map(([sql]) => sql).join(' AND ')}`} ORDER BY id DESC LIMIT ?`, [...chosen.map(([, value]) => value), limit]);
  return rows.map((row) => ({ id: Number(row['id']), source: String(row['source']), eventId: String(row['event_id']), receivedAt: Number(row['received_at']), state: row['state'] as DeliveryState, attempts: Number(row['attempts']), reason: (row['reason'] as string | null) ?? null }));
}

/** Back among those that wait; how many were set aside. */
export async function releaseDeliveries(tx: Tx, ids: readonly number[], now: number): Promise<number> {
  return executeIn(tx, `UPDATE inbox SET state = 'waiting', attempts = 0, not_before = ?, done_at = NULL, reason = NULL WHERE state = 'quarantined' AND id IN (?)`, [...new Set(ids)], [now]);
}

export async function sourcesOfInbox(tx: Tx): Promise<string[]> {
  return (await tx.query('SELECT DISTINCT source FROM inbox')).map((row) => String(row['source']));
}

/** The oldest that are over, up to the first that is not: none that is pruned stands behind one that stays. */
export async function prunable(tx: Tx, source: string, before: number, limit: number): Promise<{ readonly count: number; readonly toId: number; readonly lastAt: number } | undefined> {
  const [waiting] = await tx.query(`SELECT MIN(id) AS id FROM inbox WHERE source = ? AND (state = 'waiting' OR received_at >= ?)`, [source, before]);
  const end = waiting?.['id'] === null || waiting === undefined ? Number.MAX_SAFE_INTEGER : Number(waiting['id']);
  const rows: Row[] = await tx.query('SELECT id, received_at FROM inbox WHERE source = ? AND received_at < ? AND id < ? ORDER BY id LIMIT ?', [source, before, end, limit]);
  const last = rows.at(-1);
  return last === undefined ? undefined : { count: rows.length, toId: Number(last['id']), lastAt: Math.max(...rows.map((row) => Number(row['received_at']))) };
}

export async function removeDeliveries(tx: Tx, source: string, toId: number): Promise<number> {
  return tx.execute(`DELETE FROM inbox WHERE source = ? AND id <= ? AND state <> 'waiting'`, [source, toId]);
}

/** Names of what came before `before` are free again. */
export async function forgetNames(tx: Tx, source: string, before: number): Promise<number> {
  const name = tx.dialect === 'mysql' ? `CONCAT(LEFT(event_id, 170), ' #', id)` : `substr(event_id, 1, 170) || ' #' || id`;
  return tx.execute(`UPDATE inbox SET event_id = ${name}, change_id = NULL WHERE source = ? AND received_at < ? AND state <> 'waiting' AND event_id NOT LIKE '% #%'`, [source, before]);
}

/** Bytes in a column of text: as they read where they are text, else in base64. */
function textOf(body: Uint8Array): string {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = buffer.toString('utf8');
  return !text.includes('\u0000') && Buffer.from(text, 'utf8').equals(buffer) ? `t${text}` : `b${buffer.toString('base64')}`;
}
const bytesOf = (kept: string): Uint8Array => Buffer.from(kept.slice(1), kept.startsWith('b') ? 'base64' : 'utf8');
