import type { DeliveryAuth } from '../contract/index.js';

/** What an administrator of the vendor has entered: where to, and how to prove it. */
export interface DeliveryTarget {
  readonly url: string;
  /** An entry of `webhook.auth`; of two secrets the vendor knows `secret`. */
  readonly auth: DeliveryAuth;
}

/** A request as the vendor makes it. */
export interface ComposedDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SentDelivery extends ComposedDelivery {
  readonly externalId: string;
  /** 0: nobody answered. */
  readonly status: number;
}

/** The vendor's webhooks, for tests and demonstrations. */
export interface Deliveries {
  /** From now on, or, without a target, no more. */
  deliverTo(target: DeliveryTarget | undefined): void;
  /** Once nothing is under way any more: all that was sent since the last time it was asked, in the order of the changes. */
  delivered(): Promise<readonly SentDelivery[]>;
  /** The delivery that this change would cause, not sent. Each call is an event of its own. `record`: values in its place. */
  compose(auth: DeliveryAuth, stream: string, externalId: string, kind: 'create' | 'update' | 'delete', record?: Readonly<Record<string, unknown>>): ComposedDelivery;
  /** A delivery about something that no stream of the connector holds. */
  foreign(auth: DeliveryAuth): ComposedDelivery;
}

/** How long a vendor waits for an answer. */
const PATIENCE_MS = 10_000;

/** Sends what a vendor composes: once, without waiting, and what is lost is lost. */
export class Courier {
  target: DeliveryTarget | undefined;
  private sending: Promise<SentDelivery>[] = [];

  send(externalId: string, compose: (auth: DeliveryAuth) => ComposedDelivery): void {
    const { target } = this;
    if (target === undefined) return;
    const made = compose(target.auth);
    this.sending.push(post(target.url, made).then((status) => ({ ...made, externalId, status })));
  }

  async delivered(): Promise<readonly SentDelivery[]> {
    const sent: SentDelivery[] = [];
    while (this.sending.length > 0) sent.push(...await Promise.all(this.sending.splice(0)));
    return sent;
  }
}

async function post(url: string, { headers, body }: ComposedDelivery): Promise<number> {
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // as with the vendor: a delivery that nobody took is gone, and says so by its status
    return 0;
  }
}

export const basicHeader = (auth: DeliveryAuth): string => `Basic ${Buffer.from(`${String(auth['username'])}:${String(auth['password'])}`).toString('base64')}`;
