import { createHmac } from 'node:crypto';
import type { Delivery, DeliveryAuth } from '../contract/index.js';
import { isSame } from './compare.js';

/** Of a header sent twice the first value; `undefined`: not sent. */
export const headerOf = (delivery: Delivery, name: string): string | undefined => {
  const lower = name.toLowerCase();
  return Object.hasOwn(delivery.headers, lower) ? delivery.headers[lower] : undefined;
};

/** A text of the configuration; an empty one proves nothing and counts as absent. */
const given = (auth: DeliveryAuth, key: string): string | undefined => {
  const value = auth[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** `secret`, and `previousSecret` while it is being changed. */
export const secretsOf = (auth: DeliveryAuth): readonly string[] => [given(auth, 'secret'), given(auth, 'previousSecret')].flatMap((secret) => secret ?? []);

export type HmacAlgorithm = 'sha256' | 'sha1' | 'sha512';

/** Over the parts one after the other; texts as UTF-8. The key is the secret's UTF-8. */
export function hmacOf(algorithm: HmacAlgorithm, secret: string, parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac(algorithm, Buffer.from(secret, 'utf8'));
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Whether `signature` is what any of the secrets gives. All are tried, so that the time does not tell which one fits. */
export function isSigned(auth: DeliveryAuth, signature: string | undefined, sign: (secret: string) => string): boolean {
  let fits = false;
  for (const secret of secretsOf(auth)) {
    const same = isSame(signature ?? '', sign(secret));
    fits = fits || (same && signature !== undefined);
  }
  return fits;
}

/** RFC 7617, by `username` and `password`; compared as it is spelled, for other spellings decode to the same. */
export function hasBasic(delivery: Delivery, auth: DeliveryAuth): boolean {
  const [username, password, sent] = [given(auth, 'username'), given(auth, 'password'), headerOf(delivery, 'authorization')];
  if (username === undefined || password === undefined || sent === undefined) return false;
  return isSame(sent, `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`);
}

/** A static text in a header, by `key` of the configuration. Beyond ASCII a sender may spell it in Latin-1, which Node takes headers for, or in UTF-8. */
export function hasHeader(delivery: Delivery, name: string, auth: DeliveryAuth, key = 'token'): boolean {
  const right = given(auth, key);
  const sent = headerOf(delivery, name);
  if (right === undefined || sent === undefined) return false;
  const [plain, utf8] = [isSame(sent, right), isSame(Buffer.from(sent, 'latin1'), right)];
  return plain || utf8;
}

/** Whether a signed time lies in the window; both in ms UTC. */
export const isTimely = (sentAt: number, now: number, window: { readonly pastMs: number; readonly aheadMs: number }): boolean => sentAt >= now - window.pastMs && sentAt <= now + window.aheadMs;
