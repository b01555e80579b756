import type { Delivery, DeliveryAuth, DeliveryVerdict, Webhook } from '../../connectors/sdk/contract/index.js';
import type { SourceSettings } from '../config/types.js';
import { networksOf } from './networks.js';

/** Never more, whatever a connector says. */
export const MOST_BYTES = 1024 * 1024;

/** What stands behind `/webhooks/{source}`. */
export interface Endpoint {
  readonly source: SourceSettings;
  readonly webhook: Webhook;
  /** Those that have what they prove with; never empty. */
  readonly auth: readonly DeliveryAuth[];
  readonly maxBytes: number;
  /** Absent: from anywhere. */
  readonly isAllowed?: (address: string) => boolean;
}

const PROOFS = ['secret', 'token', 'password', 'key'];

/** Undefined: the source takes none. An entry whose secret is empty proves nothing, and is none. */
export function endpointOf(source: SourceSettings, webhook: Webhook | undefined): Endpoint | undefined {
  const auth = (source.webhook?.auth ?? []).filter((entry) => PROOFS.every((key) => entry[key] !== ''));
  if (webhook === undefined || auth.length === 0) return undefined;
  const { allowFrom } = source.webhook ?? {};
  return { source, webhook, auth, maxBytes: Math.min(webhook.maxBytes ?? MOST_BYTES, MOST_BYTES), ...(allowFrom && { isAllowed: networksOf(allowFrom) }) };
}

/** By any entry that fits. All are asked, so that the time does not tell which one did; `stale` before `signature`, for it was proved. */
export function verdictOf({ webhook, auth }: Pick<Endpoint, 'webhook' | 'auth'>, delivery: Delivery, now: number): DeliveryVerdict {
  const verdicts = auth.map((entry) => webhook.verify(delivery, entry, now));
  return verdicts.find(({ kind }) => kind === 'verified') ?? verdicts.find((verdict) => verdict.kind === 'refused' && verdict.because === 'stale') ?? { kind: 'refused', because: 'signature' };
}

/** Headers that say what a body is; the rest says who sent it. */
const KEPT = /^(content-type|content-encoding|user-agent|ce-.+|aeg-.+|x-.+|webhook-.+)$/;

/** As it is kept: without whatever proves it, for no secret is stored. */
export function withoutProof({ headers, query, body }: Delivery, auth: readonly DeliveryAuth[]): Delivery {
  const secrets = auth.flatMap((entry) => Object.entries(entry).flatMap(([key, value]) => (key !== 'method' && typeof value === 'string' && value.length >= 4 ? [value, Buffer.from(value).toString('latin1')] : [])));
  const isSafe = (value: string): boolean => !secrets.some((secret) => value.includes(secret));
  const safe = (all: Readonly<Record<string, string>>, named: (name: string) => boolean): Record<string, string> => Object.fromEntries(Object.entries(all).filter(([name, value]) => named(name) && isSafe(value)));
  return { headers: safe(headers, (name) => KEPT.test(name)), query: safe(query, () => true), body };
}
