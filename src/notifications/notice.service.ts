import { createRedactor } from '../../connectors/sdk/http/redact.js';
import { follow, tellAll, type Notice, type NoticePolicy } from '../core/notices/index.js';
import { appendAudit } from '../database/repositories/audit.js';
import { noticesSince } from '../database/repositories/notice-facts.js';
import { entriesOf, listDeliveries, listNotices, liveNotices, loadDelivery, loadNotice, nextDeliveryAt, pruneNotices, saveDelivery, saveNotices, type DeliveryState, type NoticeFilter } from '../database/repositories/notices.js';
import type { Tx } from '../database/tx.js';
import { DecisionRefusedError } from '../decisions/refused.js';
import type { Engine } from '../engine/engine.js';
import { deliveryDocument, noticeDocument, type DeliveryDocument, type NoticeDetails, type NoticeDocument } from './documents.js';
import { handOver, newMessageId } from './hand-over.js';
import { Observation } from './observation.js';
import { PostOffice, type DeliverReport } from './post-office.js';
import { realCarriers, type Carriers } from './send.js';

export interface ObserveReport {
  /** Notices that are new. */
  readonly opened: number;
  readonly ended: number;
  /** Messages about notices that were handed over for sending. */
  readonly told: number;
}

/** What one channel answered to a test message. */
export interface ChannelTest {
  readonly channel: string;
  readonly type: string;
  readonly ok: boolean;
  readonly words: string;
}

/** Ended ones are pruned a few at a time, beside the ordinary work. */
const PRUNED_AT_ONCE = 200;

/** Tells people what needs them: looks at what stands, keeps notices of it, and sends what channels are owed. */
export class NoticeService {
  private readonly observation: Observation;
  private readonly office: PostOffice;
  private readonly policy: NoticePolicy;
  private readonly channels: ReadonlySet<string>;

  constructor(private readonly engine: Engine, carriers: Carriers = realCarriers) {
    const { config } = engine;
    const redact = createRedactor(config.secrets);
    const { rules, repeatMs, settleMs, channels } = config.notifications;
    this.policy = { rules, repeatMs, settleMs };
    this.channels = new Set(Object.keys(channels));
    this.observation = new Observation(config, redact);
    this.office = new PostOffice(engine, redact, carriers);
  }

  /** Looks once. Looking again at the same state changes nothing, so it may be called as often as one likes. */
  async observe(): Promise<ObserveReport> {
    const { database, clock } = this.engine;
    return database.transaction(async (tx) => {
      const now = clock.now();
      const causes = await this.observation.causes(tx, await noticesSince(tx, now), now);
      const { changed, tells } = follow(await liveNotices(tx), causes, this.policy, now);
      const stored = await saveNotices(tx, changed);
      const told = await handOver(tx, tells, new Map(stored.map((notice) => [notice.key, notice])), this.channels, now);
      await pruneNotices(tx, now - this.engine.config.retention.attemptsMs, PRUNED_AT_ONCE);
      return { opened: changed.filter(({ id }) => id === 0).length, ended: stored.filter(({ state }) => state === 'ended').length, told };
    });
  }

  /** Sends what is due now. Never throws for what a channel does. */
  deliver(): Promise<DeliverReport> {
    return this.office.deliver();
  }

  /** When something is to be sent next, ms UTC; undefined: nothing is owed. */
  nextDueAt(): Promise<number | undefined> {
    return this.engine.database.read(nextDeliveryAt);
  }

  list(filter: NoticeFilter, limit: number): Promise<NoticeDocument[]> {
    return this.engine.database.read(async (tx) => (await listNotices(tx, filter, limit)).map(noticeDocument));
  }

  show(id: number): Promise<NoticeDetails | undefined> {
    return this.engine.database.read(async (tx) => {
      const notice = await loadNotice(tx, id);
      return notice && { formatVersion: 1 as const, ...noticeDocument(notice), deliveries: await this.described(tx, { notice: id }, 50) };
    });
  }

  deliveries(filter: { readonly channel?: string; readonly state?: DeliveryState }, limit: number): Promise<DeliveryDocument[]> {
    return this.engine.database.read((tx) => this.described(tx, filter, limit));
  }

  private async described(tx: Tx, filter: Parameters<typeof listDeliveries>[1], limit: number): Promise<DeliveryDocument[]> {
    const deliveries = await listDeliveries(tx, filter, limit);
    const entries = await entriesOf(tx, deliveries.map(({ id }) => id));
    return deliveries.map((delivery) => deliveryDocument(delivery, entries.get(delivery.id) ?? []));
  }

  /** Somebody cares: no reminders any more, only the word that it is over. */
  acknowledge(id: number, reason?: string): Promise<NoticeDocument> {
    return this.act(id, 'notices.acknowledge', reason, (notice) => ({ ...notice, state: 'acknowledged' }));
  }

  /** Silent until then; told again after it, if it still stands. That it is over is told at once. */
  snooze(id: number, until: number, reason?: string): Promise<NoticeDocument> {
    if (until <= this.engine.clock.now()) throw new DecisionRefusedError('a snooze ends in the future', 'give a duration such as 4h');
    return this.act(id, 'notices.snooze', reason, (notice) => ({ ...notice, state: 'open', snoozedUntil: until }));
  }

  /** Done, whatever it looks like: told so once, and silent until its cause has gone away and come back. */
  resolve(id: number, reason: string): Promise<NoticeDocument> {
    return this.act(id, 'notices.resolve', reason, (notice) => ({ ...notice, state: 'resolved' }));
  }

  private async act(id: number, action: string, reason: string | undefined, change: (notice: Notice) => Notice): Promise<NoticeDocument> {
    const { database, clock, actor } = this.engine;
    return database.transaction(async (tx) => {
      const now = clock.now();
      await noticesSince(tx, now); // one after the other with whoever looks
      const before = await loadNotice(tx, id);
      if (!before) throw new DecisionRefusedError(`there is no notice ${id}`, 'see `lockstep notifications list`');
      if (before.state === 'ended' || before.state === 'resolved') throw new DecisionRefusedError(`notice ${id} is ${before.state === 'ended' ? 'over' : `resolved already, by ${before.by ?? 'somebody'}`}`, 'see `lockstep notifications list`');
      const after = { ...change(before), by: actor, reason: reason ?? null };
      await saveNotices(tx, [after]);
      if (after.state === 'resolved') await handOver(tx, tellAll(after, this.policy, 'resolved'), new Map([[after.key, after]]), this.channels, now);
      const shown = ({ state, snoozedUntil }: Notice) => ({ state, ...(snoozedUntil !== null && { snoozedUntil: new Date(snoozedUntil).toISOString() }) });
      await appendAudit(tx, { at: now, actor, action, subject: { notice: id, key: before.key }, before: shown(before), after: shown(after), ...(reason !== undefined && { reason }) });
      return noticeDocument(after);
    });
  }

  /** Sends one delivery again, under its own id, whatever became of it. */
  async redeliver(id: number): Promise<DeliveryDocument> {
    const { database, clock, actor } = this.engine;
    return database.transaction(async (tx) => {
      const now = clock.now();
      const delivery = await loadDelivery(tx, id);
      if (!delivery) throw new DecisionRefusedError(`there is no delivery ${id}`, 'see `lockstep notifications deliveries`');
      if (delivery.state === 'sending' && delivery.nextAt > now) throw new DecisionRefusedError(`delivery ${id} is being sent now`, 'try again in a minute');
      const again = { ...delivery, state: 'owed' as const, attempts: 0, nextAt: now, dueAt: now, finishedAt: null };
      await saveDelivery(tx, again);
      await appendAudit(tx, { at: now, actor, action: 'notices.redeliver', subject: { delivery: id, channel: delivery.channel }, before: { state: delivery.state, attempts: delivery.attempts }, after: { state: 'owed' } });
      return deliveryDocument(again, (await entriesOf(tx, [id])).get(id) ?? []);
    });
  }

  /** Sends one delivery that is due, and gives what became of it. */
  async deliverNow(id: number): Promise<DeliveryDocument> {
    const { database } = this.engine;
    const due = await database.read((tx) => loadDelivery(tx, id));
    if (!due) throw new DecisionRefusedError(`there is no delivery ${id}`, 'see `lockstep notifications deliveries`');
    await this.office.deliverOne(due);
    return database.read(async (tx) => deliveryDocument((await loadDelivery(tx, id)) ?? due, (await entriesOf(tx, [id])).get(id) ?? []));
  }

  /** Sends a message that says that it is a test, now, and keeps nothing of it. */
  async test(names: readonly string[] = [...this.channels]): Promise<ChannelTest[]> {
    const { config, clock } = this.engine;
    const now = clock.now();
    const at = { firstAt: now, lastAt: now, times: 1, endedAt: null, by: null };
    return Promise.all(names.map(async (channel) => {
      const detail = { text: `Channel ${channel} of Lockstep works. Nothing has happened.`, next: 'lockstep notifications list', path: '/api/v1/sources' };
      const entry = { notice: 0, event: 'opened' as const, at: now, snapshot: { key: 'test', kind: 'test' as const, source: null, severity: 'info' as const, title: 'This is a test message', detail, ...at } };
      const { ok, words } = await this.office.test(channel, { id: newMessageId(), at: now, entries: [entry] });
      return { channel, type: config.notifications.channels[channel]?.type ?? 'unknown', ok, words };
    }));
  }
}
