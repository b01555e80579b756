import { RateLimitedError, SourceError, type DeliveryHint, type DeliveryReading, type Webhook } from '../../connectors/sdk/contract/index.js';
import type { SourceSettings } from '../config/types.js';
import type { DeliveryEnd, Inbox, WaitingDelivery } from '../database/inbox.js';
import { targetsOwedNow, wasReadOnce } from '../database/repositories/webhooks.js';
import type { Engine } from '../engine/engine.js';
import { isInterruption, UnknownNameError } from '../sync/errors.js';
import { RefetchService, type Refetched, type WantedRecord } from '../sync/refetch.service.js';
import { SourceBusyError } from '../sync/stored-run.js';
import { noteHeard } from './gaps.js';
import { downWaitMs, endOf } from './looks.js';

export interface DrainReport {
  readonly source: string;
  /** Deliveries that were looked at, and what became of them. */
  readonly deliveries: number;
  readonly done: number;
  readonly waiting: number;
  readonly quarantined: number;
  /** Records that were read again; a storm about one of them is one. */
  readonly records: number;
  readonly stored: number;
  readonly gone: number;
  /** Somebody else reads single records of this source right now: to be asked again soon. */
  readonly busy: boolean;
  /** Why the source did not answer. */
  readonly failure?: string;
  /** When the next one is due, ms UTC; absent: none waits. */
  readonly nextAt?: number;
  /** Targets that could be delivered to now. */
  readonly targets: readonly string[];
}

/** Deliveries that are read together. */
const BATCH = 200;

type Counts = { -readonly [Key in 'deliveries' | 'done' | 'waiting' | 'quarantined' | 'records' | 'stored' | 'gone']: number };

/** Turns deliveries into readings: which records they name, these read again once, and only then what was told is done. */
export class InboxWorker {
  constructor(private readonly engine: Engine, private readonly inbox: Inbox) {}

  /** All that is due of one source. Killed anywhere, the same is due again. */
  async drain(name: string): Promise<DrainReport> {
    const { engine, inbox } = this;
    const source = engine.config.sources.find((each) => each.name === name);
    if (!source) throw new UnknownNameError('source', name, engine.config.sources.map((each) => each.name));
    const webhook = (await engine.catalogue.load(source.connector, source.folder))?.webhook;
    const counts: Counts = { deliveries: 0, done: 0, waiting: 0, quarantined: 0, records: 0, stored: 0, gone: 0 };
    let stop: { readonly busy?: boolean; readonly failure?: string } = {};
    while (webhook && stop.busy === undefined && !engine.signal.aborted) {
      const batch = await inbox.due(name, engine.clock.now(), BATCH);
      if (batch.length === 0) break;
      const { ends, ...met } = await this.read(source, webhook, batch, counts);
      stop = met.busy === true ? { busy: true } : met.failure === undefined ? stop : { failure: met.failure };
      if (ends.length === 0) break;
      engine.crash('after reading again before the inbox knows');
      await noteHeard(engine, name, Math.max(...batch.map(({ receivedAt }) => receivedAt)));
      await inbox.end(ends, engine.clock.now());
      counts.deliveries += ends.length;
      for (const { state } of ends) counts[state]++;
      if (met.failure !== undefined) break;
    }
    const nextAt = await inbox.nextDue(name);
    const targets = await engine.database.read((tx) => targetsOwedNow(tx, engine.clock.now()));
    return { source: name, ...counts, busy: stop.busy === true, ...(stop.failure !== undefined && { failure: stop.failure }), ...(nextAt !== undefined && { nextAt }), targets };
  }

  private async read(source: SourceSettings, webhook: Webhook, batch: readonly WaitingDelivery[], counts: Counts): Promise<{ readonly ends: readonly DeliveryEnd[]; readonly busy?: boolean; readonly failure?: string }> {
    const { engine } = this;
    const ends: DeliveryEnd[] = [];
    const hinting: { readonly delivery: WaitingDelivery; readonly hints: readonly DeliveryHint[] }[] = [];
    const known = await engine.database.read((tx) => wasReadOnce(tx, source.name));
    for (const delivery of batch) {
      const reading = this.readingOf(webhook, delivery, source.streams);
      if (reading.kind === 'hints' && !known) ends.push({ id: delivery.id, state: 'done', reason: 'the first full read, which brings it, is still to come' });
      else if (reading.kind === 'hints') hinting.push({ delivery, hints: reading.hints });
      else if (reading.kind === 'malformed') ends.push({ id: delivery.id, state: 'quarantined', reason: reading.because });
      else ends.push({ id: delivery.id, state: 'done', reason: reading.kind === 'elsewhere' ? reading.because : 'a handshake' });
    }
    if (hinting.length === 0) return { ends };
    const wanted = new Map<string, WantedRecord>();
    for (const { hints } of hinting) for (const { streams, externalId } of hints) for (const stream of streams) wanted.set(`${stream}/${externalId}`, { stream, externalId });
    let found: readonly Refetched[];
    try {
      found = await new RefetchService(engine).refetch(source, [...wanted.values()]);
    } catch (error) {
      if (error instanceof SourceBusyError) return { ends, busy: true };
      if (!(error instanceof SourceError) || isInterruption(error, engine.signal)) {
        if (!isInterruption(error, engine.signal)) throw error;
        return { ends };
      }
      const now = engine.clock.now();
      const asked = error instanceof RateLimitedError ? error.retryAfterMs : 0;
      for (const { delivery } of hinting) ends.push({ id: delivery.id, state: 'waiting', notBefore: now + Math.max(asked, downWaitMs(now - delivery.receivedAt)), looked: false, reason: error.message.slice(0, 500) });
      return { ends, failure: error.message };
    }
    const byKey = new Map(found.map((each) => [`${each.stream}/${each.externalId}`, each]));
    counts.records += found.length;
    counts.stored += found.filter(({ outcome }) => outcome === 'stored').length;
    counts.gone += found.filter(({ outcome }) => outcome === 'gone').length;
    const now = engine.clock.now();
    for (const { delivery, hints } of hinting) ends.push(endOf(delivery, hints, (stream, externalId) => byKey.get(`${stream}/${externalId}`), now));
    return { ends };
  }

  private readingOf(webhook: Webhook, { id, delivery }: WaitingDelivery, streams: readonly string[]): DeliveryReading {
    try {
      return webhook.read(delivery, streams);
    } catch (error) {
      this.engine.log.warn('a delivery made its connector fail: it is set aside', { delivery: id, error: String(error) });
      return { kind: 'malformed', because: 'the connector failed to read it' };
    }
  }
}
