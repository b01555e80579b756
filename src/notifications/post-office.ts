import type { Redactor } from '../../connectors/sdk/http/redact.js';
import { nextTryAt } from '../core/notices/index.js';
import type { Engine } from '../engine/engine.js';
import { claimDelivery, dueDeliveries, entriesOf, saveDelivery, wakeDeliveries, type Delivery } from '../database/repositories/notices.js';
import type { Message } from './messages/message.js';
import { sendTo, type Carriers, type Outcome } from './send.js';

export interface DeliverReport {
  readonly sent: number;
  /** Given up. */
  readonly failed: number;
  /** Tried in vain, to be tried again. */
  readonly again: number;
}

/** Of one channel in one go: what is more waits for the next. */
const AT_ONCE = 20;
/** So long an attempt may take before another process takes it for dead; it is tried again then, under the same id. */
const CLAIM_MS = 5 * 60_000;
const LOG_KEPT = 20;

/** Sends what is due. Each channel by itself: one that does not answer keeps none of the others waiting. */
export class PostOffice {
  constructor(private readonly engine: Engine, private readonly redact: Redactor, private readonly carriers: Carriers) {}

  async deliver(): Promise<DeliverReport> {
    const { database, clock } = this.engine;
    const due = await database.read((tx) => dueDeliveries(tx, clock.now(), AT_ONCE));
    const channels = new Map<string, Delivery[]>();
    for (const delivery of due) channels.set(delivery.channel, [...(channels.get(delivery.channel) ?? []), delivery]);
    const outcomes = (await Promise.all([...channels.values()].map((deliveries) => this.channel(deliveries)))).flat();
    return { sent: outcomes.filter((each) => each === 'sent').length, failed: outcomes.filter((each) => each === 'failed').length, again: outcomes.filter((each) => each === 'owed').length };
  }

  /** Only this one, whatever else its channel is owed. */
  async deliverOne(delivery: Delivery): Promise<void> {
    await this.one(delivery);
  }

  /** One after the other, until one does not get through. */
  private async channel(deliveries: readonly Delivery[]): Promise<Delivery['state'][]> {
    const states: Delivery['state'][] = [];
    for (const delivery of deliveries) {
      if (this.engine.signal.aborted) break;
      const state = await this.one(delivery);
      if (state !== undefined) states.push(state);
      if (state !== undefined && state !== 'sent') break;
    }
    return states;
  }

  /** Undefined: somebody else sends it. */
  private async one(delivery: Delivery): Promise<Delivery['state'] | undefined> {
    const { database, clock, log } = this.engine;
    const entries = await database.transaction(async (tx) => (await claimDelivery(tx, delivery, clock.now(), clock.now() + CLAIM_MS) ? ((await entriesOf(tx, [delivery.id])).get(delivery.id) ?? []) : undefined));
    if (!entries) return undefined;
    const outcome = await this.send(delivery.channel, { id: delivery.messageId, at: delivery.dueAt, entries });
    const after = this.after(delivery, outcome);
    await database.transaction(async (tx) => {
      await saveDelivery(tx, after);
      if (outcome.ok) await wakeDeliveries(tx, delivery.channel, clock.now());
    });
    if (!outcome.ok) log.warn('a notification did not get through', { channel: delivery.channel, delivery: delivery.id, words: this.redact(outcome.words), ...(after.state === 'owed' && { nextAt: new Date(after.nextAt).toISOString() }) });
    return after.state;
  }

  private send(channel: string, { id, at, entries }: Pick<Message, 'id' | 'at' | 'entries'>): Promise<Outcome> {
    const { config, clock, signal } = this.engine;
    const settings = config.notifications.channels[channel];
    if (!settings) return Promise.resolve({ ok: false, words: 'the configuration has no channel of this name any more', again: false });
    const message: Message = { id, at, environment: config.environment.name, ...(config.server.publicUrl !== undefined && { publicUrl: config.server.publicUrl }), entries };
    return sendTo(settings, message, this.carriers, clock.now(), signal);
  }

  /** One message, now, of which nothing is kept. */
  async test(channel: string, message: Pick<Message, 'id' | 'at' | 'entries'>): Promise<{ readonly ok: boolean; readonly words: string }> {
    const { ok, words } = await this.send(channel, message);
    return { ok, words: this.redact(words).slice(0, 600) };
  }

  private after(delivery: Delivery, outcome: Outcome): Delivery {
    const now = this.engine.clock.now();
    const attempts = delivery.attempts + 1;
    const log = [...delivery.log, { at: now, outcome: outcome.ok ? 'sent' as const : 'failed' as const, words: this.redact(outcome.words).slice(0, 600) }].slice(-LOG_KEPT);
    // Stopped by ourselves: that says nothing about the receiver.
    if (!outcome.ok && this.engine.signal.aborted) return { ...delivery, state: 'owed', nextAt: now, log: delivery.log };
    if (outcome.ok) return { ...delivery, state: 'sent', attempts, nextAt: now, finishedAt: now, log };
    const next = outcome.again ? nextTryAt(attempts, delivery.dueAt, now, outcome.retryAfterMs) : undefined;
    return next === undefined ? { ...delivery, state: 'failed', attempts, nextAt: now, finishedAt: now, log } : { ...delivery, state: 'owed', attempts, nextAt: next, log };
  }
}
