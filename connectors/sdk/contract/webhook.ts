/** One HTTP request of a vendor to `/webhooks/{source}`, before anybody has looked into it. */
export interface Delivery {
  /** Lower-case names; of a header sent twice the first value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The bytes as they arrived: signatures cover these. */
  readonly body: Uint8Array;
}

/** One entry of `webhook.auth`, references already replaced by values. */
export type DeliveryAuth = { readonly method: string } & Readonly<Record<string, string | boolean | readonly string[]>>;

/**
 * `eventId`: the vendor's own name of this event, where it sends one under the same proof as the rest; deliveries are recognised by it,
 * else by their bytes. `changeId`: the same change told under another name is the same delivery. `sentAt`: ms UTC, where the vendor signs a time.
 */
export type DeliveryVerdict =
  | { readonly kind: 'verified'; readonly eventId?: string; readonly changeId?: string; readonly sentAt?: number }
  | { readonly kind: 'refused'; readonly because: 'signature' | 'stale' };

/** A record that something happened to. The values in a delivery are never believed: the record is read again. */
export interface DeliveryHint {
  /** Of those that are read, which may hold it: one where the delivery tells which, never none. */
  readonly streams: readonly string[];
  readonly externalId: string;
  readonly change: 'changed' | 'deleted';
}

/** `handshake`: answered at once with this, and nothing else happens. `elsewhere`: it concerns no stream that is read here. */
export type DeliveryReading =
  | { readonly kind: 'hints'; readonly hints: readonly DeliveryHint[] }
  | { readonly kind: 'handshake'; readonly status: number; readonly body: string; readonly contentType: string }
  | { readonly kind: 'elsewhere'; readonly because: string }
  | { readonly kind: 'malformed'; readonly because: string };

/** What a connector knows of its vendor's deliveries. Pure: no request, no clock, no log. */
export interface Webhook {
  /** Streams of whose changes the vendor can be made to tell: what a poll finds changed in these was not told. */
  readonly tells: readonly string[];
  /** Some deliveries want an answer of their own: only then is one read before it is kept. */
  readonly handshakes?: boolean;
  /** Bytes of a body; absent: 1 MiB. Never more. */
  readonly maxBytes?: number;
  /** Over the raw bytes and in constant time, by one entry of `webhook.auth`. `previousSecret` stands beside `secret` during a rotation. `now`: ms UTC. */
  verify(delivery: Delivery, auth: DeliveryAuth, now: number): DeliveryVerdict;
  /** Only of a delivery that was verified. Throws nothing, whatever the bytes are. `streams`: those that are read. */
  read(delivery: Delivery, streams: readonly string[]): DeliveryReading;
}
