/** Full jitter: a random wait up to an exponentially growing one, so that many clients do not come back together. */
export function fullJitter(attempt: number, baseMs: number, capMs: number, random: () => number): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.max(0, attempt - 1)));
}

const MOST_SECONDS = 7 * 86_400;

/**
 * RFC 9110, 10.2.3: seconds, or a date. A date is judged by the server's own clock where it sent one, so that a skew
 * between the clocks neither shortens nor stretches the wait. `undefined`: absent or unreadable.
 */
export function retryAfterMs(header: string | undefined, serverTime: number | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), MOST_SECONDS * 1000);
  if (!/^[A-Za-z]{3,9}, /.test(text)) return undefined;
  const at = Date.parse(text);
  if (!Number.isFinite(at)) return undefined;
  return Math.min(Math.max(0, at - (serverTime ?? now)), MOST_SECONDS * 1000);
}
