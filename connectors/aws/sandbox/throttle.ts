/**
 * EC2 throttles per account, region and action with token buckets that refill by the second.
 * https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */

export interface BucketSize { readonly capacity: number; readonly perSecond: number }

export const BUCKETS = {
  /** Describe calls that are paged or filtered. */
  describe: { capacity: 100, perSecond: 20 },
  /** Describe calls without MaxResults, ids and filters. */
  unpaged: { capacity: 50, perSecond: 10 },
  createTags: { capacity: 100, perSecond: 10 },
  sts: { capacity: 600, perSecond: 600 },
} as const satisfies Record<string, BucketSize>;

export class TokenBuckets {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  /** True when a token was there. Time that runs backwards refills nothing. */
  take(key: string, size: BucketSize, now: number): boolean {
    const bucket = this.buckets.get(key) ?? { tokens: size.capacity, at: now };
    bucket.tokens = Math.min(size.capacity, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * size.perSecond);
    bucket.at = now;
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
