import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem.js';

export interface Limits {
  /** Requests of one caller a minute. */
  readonly requestsPerMinute: number;
  /** Requests without a valid token from one address a minute, beyond which they are not even looked at. */
  readonly strangersPerMinute: number;
}

export const LIMITS: Limits = { requestsPerMinute: 1_200, strangersPerMinute: 120 };

const WINDOW_S = 60;

/** Counts in this process: each process of a larger installation grants the allowance for itself. */
export class RateLimits {
  private readonly callers: RateLimiterMemory;
  private readonly strangers: RateLimiterMemory;

  constructor(private readonly limits: Limits) {
    this.callers = new RateLimiterMemory({ points: limits.requestsPerMinute, duration: WINDOW_S });
    this.strangers = new RateLimiterMemory({ points: limits.strangersPerMinute, duration: WINDOW_S });
  }

  /** The headers that tell a caller what is left; throws where nothing is. */
  caller(id: string, cost: number): Promise<Readonly<Record<string, string>>> {
    return this.take(this.callers, 'requests', this.limits.requestsPerMinute, id, cost);
  }

  stranger(address: string): Promise<Readonly<Record<string, string>>> {
    return this.take(this.strangers, 'strangers', this.limits.strangersPerMinute, neighbourhood(address), 1);
  }

  private async take(limiter: RateLimiterMemory, name: string, quota: number, key: string, cost: number): Promise<Readonly<Record<string, string>>> {
    try {
      return headersOf(name, quota, await limiter.consume(key, cost));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
      throw new Problem(429, 'too_many_requests', `at most ${quota} requests a minute`, { hint: `try again in ${seconds} s`, headers: { ...headersOf(name, quota, error), 'retry-after': String(seconds) } });
    }
  }
}

/** draft-ietf-httpapi-ratelimit-headers. */
const headersOf = (name: string, quota: number, { remainingPoints, msBeforeNext }: RateLimiterRes): Readonly<Record<string, string>> => ({
  'ratelimit-policy': `"${name}";q=${quota};w=${WINDOW_S}`, ratelimit: `"${name}";r=${Math.max(0, remainingPoints)};t=${Math.max(0, Math.ceil(msBeforeNext / 1_000))}`,
});

/** A single customer may have 2^64 addresses of IPv6. */
function neighbourhood(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.toNormalizedString().split(':').slice(0, 4).join(':') : parsed.toString();
}
