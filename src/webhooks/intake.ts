import { createHash } from 'node:crypto';
import type { Delivery } from '../../connectors/sdk/contract/index.js';
import { InboxFullError, type Inbox } from '../database/inbox.js';
import type { Engine } from '../engine/engine.js';
import { endpointOf, verdictOf, withoutProof, type Endpoint } from './endpoint.js';
import { RateLimit, type Rate } from './rate.js';

/** What the sender is told: no more than it needs. */
export interface IntakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Rejection = 'unknown' | 'network' | 'rate' | 'size' | 'signature' | 'stale' | 'full' | 'failed';

export interface IntakeOptions {
  /** A delivery of the source waits; not awaited, and not called again for the source before it has resolved. */
  readonly onArrival?: (source: string) => void | Promise<void>;
  /** For each source and address. */
  readonly rate?: Rate;
}

const RATE: Rate = { perSecond: 2_000, burst: 4_000 };
const COME_AGAIN_S = 5;

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): IntakeAnswer => ({ status, headers, body: '' });
const ACCEPTED = answer(202);

/** Deliveries from outside: proved over their raw bytes, on disk before they are answered, and read by somebody else later. */
export class WebhookIntake {
  private readonly endpoints = new Map<string, Promise<Endpoint | undefined>>();
  private readonly limit: RateLimit;
  private readonly telling = new Map<string, boolean>();

  constructor(private readonly engine: Engine, private readonly inbox: Inbox, private readonly options: IntakeOptions = {}) {
    this.limit = new RateLimit(options.rate ?? RATE, () => engine.clock.now());
  }

  /** Before a byte of the body is read. Undefined: go on. `length`: as the sender announces it. */
  async admit(source: string, address: string, length?: number): Promise<IntakeAnswer | undefined> {
    const endpoint = await this.endpoint(source);
    if (!endpoint) return this.reject('', 'unknown', answer(404));
    const waitMs = this.limit.take(`${source} ${address}`);
    if (waitMs > 0) return this.reject(source, 'rate', answer(429, { 'retry-after': String(Math.ceil(waitMs / 1_000)) }));
    if (endpoint.isAllowed?.(address) === false) return this.reject(source, 'network', answer(401));
    return length !== undefined && length > endpoint.maxBytes ? this.tooLarge(source) : undefined;
  }

  /** Of a request that was admitted. Resolves with a 2xx only once the delivery is on disk. */
  async take(source: string, address: string, delivery: Delivery): Promise<IntakeAnswer> {
    const { engine } = this;
    const endpoint = await this.endpoint(source);
    if (!endpoint) return this.reject('', 'unknown', answer(404));
    if (delivery.body.byteLength > endpoint.maxBytes) return this.tooLarge(source);
    const receivedAt = engine.clock.now();
    const verdict = verdictOf(endpoint, delivery, receivedAt);
    if (verdict.kind === 'refused') return this.reject(source, verdict.because, answer(401));
    if (endpoint.webhook.handshakes === true) {
      const reading = endpoint.webhook.read(delivery, endpoint.source.streams);
      if (reading.kind === 'handshake') return { status: reading.status, headers: { 'content-type': reading.contentType }, body: reading.body };
    }
    const { eventId, changeId, sentAt } = verdict;
    try {
      const kept = await this.inbox.insert({
        source, eventId: eventId === undefined ? `sha256:${createHash('sha256').update(delivery.body).digest('hex')}` : `id:${eventId}`, ...(changeId !== undefined && { changeId }), receivedAt, ...(sentAt !== undefined && { sentAt }), address,
        delivery: withoutProof(delivery, endpoint.auth),
      });
      engine.metrics.count(kept === 'stored' ? 'lockstep_inbox_accepted_total' : 'lockstep_inbox_duplicates_total', { source });
      if (kept === 'stored') this.tell(source);
      return ACCEPTED;
    } catch (error) {
      if (!(error instanceof InboxFullError)) engine.log.warn('a delivery could not be stored: its sender is asked to come again', { source, error: String(error) });
      return this.reject(source, error instanceof InboxFullError ? 'full' : 'failed', answer(503, { 'retry-after': String(COME_AGAIN_S) }));
    }
  }

  /** More came than was announced, or than is taken. */
  tooLarge(source: string): IntakeAnswer {
    return this.reject(source, 'size', answer(413));
  }

  private reject(source: string, reason: Rejection, told: IntakeAnswer): IntakeAnswer {
    this.engine.metrics.count('lockstep_inbox_rejected_total', { source, reason });
    return told;
  }

  /** Nobody waits for it, and a storm tells once, and once more when it has been heard. */
  private tell(source: string): void {
    const { onArrival } = this.options;
    if (!onArrival) return;
    if (this.telling.has(source)) {
      this.telling.set(source, true);
      return;
    }
    this.telling.set(source, false);
    void Promise.resolve().then(() => onArrival(source)).catch((error: unknown) => this.engine.log.warn('nobody could be told of a delivery: it waits for the next one, or for the schedule', { source, error: String(error) })).then(() => {
      const again = this.telling.get(source) === true;
      this.telling.delete(source);
      if (again) this.tell(source);
    });
  }

  private endpoint(name: string): Promise<Endpoint | undefined> {
    const source = this.engine.config.sources.find((each) => each.name === name);
    if (!source) return Promise.resolve(undefined);
    const known = this.endpoints.get(name);
    if (known) return known;
    const made = this.engine.catalogue.load(source.connector, source.folder).then((connector) => endpointOf(source, connector?.webhook));
    this.endpoints.set(name, made);
    made.catch(() => this.endpoints.delete(name));
    return made;
  }
}
