import { randomBytes } from 'node:crypto';
import { parcelsOf, type Notice, type Tell } from '../core/notices/index.js';
import { addEntries, gatheringDeliveries, newDeliveries, type DeliveryEntry } from '../database/repositories/notices.js';
import type { Tx } from '../database/tx.js';

export const newMessageId = (): string => `msg_${randomBytes(12).toString('hex')}`;

export const entryOf = (notice: Notice, event: DeliveryEntry['event'], at: number): DeliveryEntry => {
  const { key, kind, source, severity, title, detail, firstAt, lastAt, times, endedAt, by } = notice;
  return { notice: notice.id, event, at, snapshot: { key, kind, source, severity, title, detail, firstAt, lastAt, times, endedAt, by } };
};

/** What channels are owed becomes deliveries, in the transaction that says that they were told. Gives how many messages about notices that makes. */
export async function handOver(tx: Tx, tells: readonly Tell[], notices: ReadonlyMap<string, Notice>, channels: ReadonlySet<string>, now: number): Promise<number> {
  // A channel that the configuration no longer has is owed nothing.
  const wanted = tells.filter(({ channel }) => channels.has(channel));
  if (wanted.length === 0) return 0;
  const parcels = parcelsOf(wanted, await gatheringDeliveries(tx, now));
  const fresh = parcels.filter(({ into }) => into === undefined);
  const ids = await newDeliveries(tx, fresh.map(({ channel, rule, digestMs }) => ({ channel, rule, messageId: newMessageId(), state: digestMs === 0 ? 'owed' as const : 'gathering' as const, attempts: 0, nextAt: now + digestMs, dueAt: now + digestMs, createdAt: now, finishedAt: null, log: [] })));
  const rows = parcels.flatMap((parcel) => {
    const delivery = parcel.into?.id ?? (ids[fresh.indexOf(parcel)] as number);
    return parcel.tells.map(({ key, event }, i) => ({ delivery, position: (parcel.into?.entries ?? 0) + i, entry: entryOf(notices.get(key) as Notice, event, now) }));
  });
  await addEntries(tx, rows);
  return rows.length;
}
