import type { Notice, NoticeEvent, NoticeKind, NoticeSeverity, NoticeState } from '../../core/notices/index.js';
import { executeIn, selectIn, take, type SqlValue, type Tx } from '../tx.js';

const COLUMNS = ['id', 'dedupe_key', 'kind', 'source', 'severity', 'title', 'detail', 'state', 'first_at', 'last_at', 'times', 'times_before', 'calm_since', 'snoozed_until', 'ended_at', 'by_person', 'reason', 'told'] as const;

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

export const noticeOf = (row: Record<string, any>): Notice => ({
  id: Number(row['id']), key: row['dedupe_key'], kind: row['kind'], source: row['source'], severity: row['severity'], title: row['title'], detail: JSON.parse(row['detail']), state: row['state'], firstAt: Number(row['first_at']), lastAt: Number(row['last_at']),
  times: Number(row['times']), timesBefore: Number(row['times_before']), calmSince: numberOrNull(row['calm_since']), snoozedUntil: numberOrNull(row['snoozed_until']), endedAt: numberOrNull(row['ended_at']), by: row['by_person'], reason: row['reason'], told: JSON.parse(row['told']),
});

/** Those that have not ended. */
export async function liveNotices(tx: Tx): Promise<Notice[]> {
  return (await tx.query(`SELECT * FROM notices WHERE state IN ('open', 'acknowledged', 'resolved')`)).map(noticeOf);
}

export async function loadNotice(tx: Tx, id: number): Promise<Notice | undefined> {
  const [row] = await tx.query('SELECT * FROM notices WHERE id = ?', [id]);
  return row ? noticeOf(row) : undefined;
}

export interface NoticeFilter {
  readonly states?: readonly NoticeState[];
  readonly kind?: NoticeKind;
  readonly source?: string;
  readonly severities?: readonly NoticeSeverity[];
}

/** The latest first. */
export async function listNotices(tx: Tx, { states, kind, source, severities }: NoticeFilter, limit: number): Promise<Notice[]> {
  const where: string[] = [];
  const params: SqlValue[] = [];
  const among = (column: string, values: readonly string[] | undefined): void => {
    if (values === undefined) return;
    where.push(`${column} IN (${values.map(() => '?').join(', ')})`);
    params.push(...values);
  };
  among('state', states);
  among('kind', kind && [kind]);
  among('source', source === undefined ? undefined : [source]);
  among('severity', severities);
  return (await tx.query(`SELECT * FROM notices${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`, [...params, limit])).map(noticeOf);
}

/** New ones (id 0) get their number. Gives all of them as they are stored. */
export async function saveNotices(tx: Tx, notices: readonly Notice[]): Promise<Notice[]> {
  let next = await take(tx, 'notices', notices.filter(({ id }) => id === 0).length);
  const stored = notices.map((notice) => (notice.id === 0 ? { ...notice, id: next++ } : notice));
  await tx.insertMany('notices', COLUMNS, stored.map((notice) => [
    notice.id, notice.key, notice.kind, notice.source, notice.severity, notice.title.slice(0, 400), JSON.stringify(notice.detail), notice.state, notice.firstAt, notice.lastAt, notice.times, notice.timesBefore, notice.calmSince, notice.snoozedUntil, notice.endedAt, notice.by, notice.reason, JSON.stringify(notice.told),
  ]), { keys: ['id'], update: COLUMNS.filter((column) => column !== 'id') });
  return stored;
}

// ---- deliveries

/** `gathering`: more may join it until it is due. `owed`: due, or to be tried again. `sending`: it left, and no answer is stored. */
export type DeliveryState = 'gathering' | 'owed' | 'sending' | 'sent' | 'failed';
export const DELIVERY_STATES: readonly DeliveryState[] = ['gathering', 'owed', 'sending', 'sent', 'failed'];

/** One attempt: what the receiver said, without secrets. */
export interface DeliveryAttempt {
  readonly at: number;
  readonly outcome: 'sent' | 'failed';
  readonly words: string;
}

export interface Delivery {
  readonly id: number;
  readonly channel: string;
  /** Of a digest: the rule that gathers it. */
  readonly rule: string;
  /** The same through all attempts: a receiver knows by it what it has had. */
  readonly messageId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextAt: number;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** The latest attempts. */
  readonly log: readonly DeliveryAttempt[];
}

/** What one delivery says of one notice, as it was then. */
export interface DeliveryEntry {
  readonly notice: number;
  readonly event: NoticeEvent;
  readonly at: number;
  readonly snapshot: EntrySnapshot;
}
export type EntrySnapshot = { readonly kind: NoticeKind | 'test' } & Pick<Notice, 'key' | 'source' | 'severity' | 'title' | 'detail' | 'firstAt' | 'lastAt' | 'times' | 'endedAt' | 'by'>;

const DELIVERY = ['id', 'channel', 'rule', 'message_id', 'state', 'attempts', 'next_at', 'due_at', 'created_at', 'finished_at', 'log'] as const;

const deliveryOf = (row: Record<string, any>): Delivery => ({
  id: Number(row['id']), channel: row['channel'], rule: row['rule'], messageId: row['message_id'], state: row['state'], attempts: Number(row['attempts']), nextAt: Number(row['next_at']), dueAt: Number(row['due_at']), createdAt: Number(row['created_at']), finishedAt: numberOrNull(row['finished_at']), log: JSON.parse(row['log']),
});

export async function gatheringDeliveries(tx: Tx, now: number): Promise<(Delivery & { readonly entries: number })[]> {
  const rows = await tx.query(`SELECT d.*, (SELECT COUNT(*) FROM notice_entries e WHERE e.delivery_id = d.id) AS entries FROM notice_deliveries d WHERE d.state = 'gathering' AND d.next_at > ? ORDER BY d.id`, [now]);
  return rows.map((row) => ({ ...deliveryOf(row), entries: Number(row['entries']) }));
}

export async function newDeliveries(tx: Tx, drafts: readonly Omit<Delivery, 'id'>[]): Promise<number[]> {
  const first = await take(tx, 'notice_deliveries', drafts.length);
  await tx.insertMany('notice_deliveries', DELIVERY, drafts.map((each, i) => [first + i, each.channel, each.rule, each.messageId, each.state, each.attempts, each.nextAt, each.dueAt, each.createdAt, each.finishedAt, JSON.stringify(each.log)]));
  return drafts.map((_, i) => first + i);
}

export async function addEntries(tx: Tx, rows: readonly { readonly delivery: number; readonly position: number; readonly entry: DeliveryEntry }[]): Promise<void> {
  await tx.insertMany('notice_entries', ['delivery_id', 'position', 'notice_id', 'event', 'at', 'snapshot'], rows.map(({ delivery, position, entry }) => [delivery, position, entry.notice, entry.event, entry.at, JSON.stringify(entry.snapshot)]));
}

const DUE = `state IN ('gathering', 'owed', 'sending') AND next_at <= ?`;

/** What may be sent now, oldest first: of each channel at most `limit`, so that one that is away keeps none of the others waiting. */
export async function dueDeliveries(tx: Tx, now: number, limit: number): Promise<Delivery[]> {
  const channels = await tx.query(`SELECT DISTINCT channel FROM notice_deliveries WHERE ${DUE}`, [now]);
  const due: Delivery[] = [];
  for (const { channel } of channels) due.push(...(await tx.query(`SELECT * FROM notice_deliveries WHERE ${DUE} AND channel = ? ORDER BY due_at, id LIMIT ?`, [now, channel, limit])).map(deliveryOf));
  return due;
}

export async function nextDeliveryAt(tx: Tx): Promise<number | undefined> {
  const [row] = await tx.query(`SELECT MIN(next_at) AS at FROM notice_deliveries WHERE state IN ('gathering', 'owed', 'sending')`);
  return row?.['at'] == null ? undefined : Number(row['at']);
}

/** Takes it for sending; false: somebody else has. Until `until` nobody else may, should this process die. */
export async function claimDelivery(tx: Tx, { id }: Delivery, now: number, until: number): Promise<boolean> {
  return (await tx.execute(`UPDATE notice_deliveries SET state = 'sending', next_at = ? WHERE id = ? AND ${DUE}`, [until, id, now])) === 1;
}

export async function saveDelivery(tx: Tx, { id, state, attempts, nextAt, dueAt, finishedAt, log }: Delivery): Promise<void> {
  await tx.execute('UPDATE notice_deliveries SET state = ?, attempts = ?, next_at = ?, due_at = ?, finished_at = ?, log = ? WHERE id = ?', [state, attempts, nextAt, dueAt, finishedAt, JSON.stringify(log), id]);
}

/** The channel works again: what waits for another try goes out at once. */
export async function wakeDeliveries(tx: Tx, channel: string, now: number): Promise<void> {
  await tx.execute(`UPDATE notice_deliveries SET next_at = ? WHERE channel = ? AND state = 'owed' AND attempts > 0 AND next_at > ?`, [now, channel, now]);
}

export async function loadDelivery(tx: Tx, id: number): Promise<Delivery | undefined> {
  const [row] = await tx.query('SELECT * FROM notice_deliveries WHERE id = ?', [id]);
  return row ? deliveryOf(row) : undefined;
}

export async function listDeliveries(tx: Tx, filter: { readonly channel?: string; readonly state?: DeliveryState; readonly notice?: number }, limit: number): Promise<Delivery[]> {
  const where: string[] = [];
  const params: SqlValue[] = [];
  if (filter.channel !== undefined) { where.push('channel = ?'); params.push(filter.channel); }
  if (filter.state !== undefined) { where.push('state = ?'); params.push(filter.state); }
  if (filter.notice !== undefined) { where.push('id IN (SELECT delivery_id FROM notice_entries WHERE notice_id = ?)'); params.push(filter.notice); }
  return (await tx.query(`SELECT * FROM notice_deliveries${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT ?`, [...params, limit])).map(deliveryOf);
}

export async function entriesOf(tx: Tx, deliveries: readonly number[]): Promise<Map<number, DeliveryEntry[]>> {
  const found = new Map<number, DeliveryEntry[]>();
  const rows = (await selectIn(tx, 'SELECT * FROM notice_entries WHERE delivery_id IN (?)', deliveries)).sort((a, b) => Number(a['position']) - Number(b['position']));
  for (const row of rows) {
    const id = Number(row['delivery_id']);
    found.set(id, [...(found.get(id) ?? []), { notice: Number(row['notice_id']), event: row['event'], at: Number(row['at']), snapshot: JSON.parse(row['snapshot']) as EntrySnapshot }]);
  }
  return found;
}

/** What is over since `before` goes, at most `limit` of each: its deliveries with it. Gives how many rows went. */
export async function pruneNotices(tx: Tx, before: number, limit: number): Promise<number> {
  const deliveries = (await tx.query('SELECT id FROM notice_deliveries WHERE finished_at < ? ORDER BY finished_at LIMIT ?', [before, limit])).map((row) => Number(row['id']));
  const notices = (await tx.query('SELECT id FROM notices WHERE ended_at < ? ORDER BY ended_at LIMIT ?', [before, limit])).map((row) => Number(row['id']));
  await executeIn(tx, 'DELETE FROM notice_entries WHERE delivery_id IN (?)', deliveries);
  return (await executeIn(tx, 'DELETE FROM notice_deliveries WHERE id IN (?)', deliveries)) + (await executeIn(tx, 'DELETE FROM notices WHERE id IN (?)', notices));
}
