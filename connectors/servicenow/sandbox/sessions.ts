import type { Clock } from '../../sdk/contract/index.js';
import { FixedWindow, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { failure } from './answers.js';

/** Answers that one session can keep waiting. */
const QUEUE = 10;
/** What one transaction takes when a session has to line them up. */
const TRANSACTION_MS = 20;
const HOUR = 3_600_000;

/**
 * A replayed session cookie pins its calls to one session, which runs one transaction at a time; past ten queued ones the
 * platform answers 202 without a body and drops the request (KB3047080).
 */
export class Sessions {
  private readonly queues = new Map<string, { waiting: number; last: Promise<void> }>();
  private count = 0;
  constructor(private readonly clock: Clock) {}

  async run(request: SandboxRequest, work: () => SandboxAnswer): Promise<SandboxAnswer> {
    const session = /(?:^|;\s*)JSESSIONID=([^;]+)/.exec(request.headers['cookie'] ?? '')?.[1];
    if (session === undefined) {
      this.count += 1;
      const answer = work();
      return { ...answer, headers: { ...answer.headers, 'set-cookie': [`JSESSIONID=${this.count.toString(16).toUpperCase().padStart(32, '0')}; Path=/; HttpOnly`, 'glide_user_route=glide.sandbox; Path=/; HttpOnly'] } };
    }
    (request.log.notes ??= []).push('a session cookie was sent back: all such calls run one by one');
    const queue = this.queues.get(session) ?? { waiting: 0, last: Promise.resolve() };
    this.queues.set(session, queue);
    if (queue.waiting > QUEUE) return { status: 202 };
    queue.waiting += 1;
    const turn = queue.last.then(() => this.clock.sleep(TRANSACTION_MS));
    queue.last = turn.then(() => { queue.waiting -= 1; }, () => { queue.waiting -= 1; });
    await turn;
    return work();
  }
}

/** A rule of `sys_rate_limit_rules`: per hour, in fixed windows. There is no header for what remains. */
export class RateRule {
  private readonly window: FixedWindow;
  constructor(readonly requests: number, readonly perMs: number = HOUR) { this.window = new FixedWindow(requests, perMs); }

  headers(now: number): Record<string, string> {
    return { 'x-ratelimit-limit': String(this.requests), 'x-ratelimit-reset': String(Math.ceil(this.window.resetAt(now) / 1_000)), 'x-ratelimit-rule': 'a1b2c3d4e5f60718293a4b5c6d7e8f90' };
  }

  /** The refusal, when the rate is used up. */
  check(now: number): SandboxAnswer | undefined {
    if (this.window.take(now)) return undefined;
    return tooMany(this.requests, Math.ceil((this.window.resetAt(now) - now) / 1_000), this.headers(now));
  }
}

export const tooMany = (requests: number, afterSeconds: number, headers: Record<string, string>): SandboxAnswer => failure(
  429, 'Rate limit exceeded', `Rate limit of ${requests} requests per hour for Table API exceeded`, { 'retry-after': String(afterSeconds), ...headers },
);
