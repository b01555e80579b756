/** `perSecond` for long, `burst` at once. */
export interface Rate { readonly perSecond: number; readonly burst: number }

/** Addresses that are remembered; whoever is forgotten starts anew, so memory is bounded and nobody is refused for it. */
const MOST_KEYS = 10_000;

/** A bucket of tokens for each key. */
export class RateLimit {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(private readonly rate: Rate, private readonly now: () => number) {}

  /** ms until there is a token again; 0: one was taken. */
  take(key: string): number {
    const now = this.now();
    const bucket = this.buckets.get(key) ?? { tokens: this.rate.burst, at: now };
    bucket.tokens = Math.min(this.rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) * this.rate.perSecond) / 1_000);
    bucket.at = now;
    if (!this.buckets.has(key) && this.buckets.size >= MOST_KEYS) this.buckets.delete(this.buckets.keys().next().value as string);
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1_000) / this.rate.perSecond);
    bucket.tokens -= 1;
    return 0;
  }
}
