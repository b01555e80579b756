/** Counters for throttling, on the sandbox's own clock. */

/** At most `requests` in any `perMs`; a refused request does not count. */
export class RollingWindow {
  private times: number[] = [];
  constructor(readonly requests: number, readonly perMs: number) {}

  /** True when the request is within the rate. */
  take(now: number): boolean {
    this.times = this.times.filter((time) => time > now - this.perMs);
    if (this.times.length >= this.requests) return false;
    this.times.push(now);
    return true;
  }
}

/** At most `requests` in each window that begins at a multiple of `perMs`. */
export class FixedWindow {
  private window = -1;
  private used = 0;
  constructor(readonly requests: number, readonly perMs: number) {}

  take(now: number): boolean {
    const window = Math.floor(now / this.perMs);
    if (window !== this.window) { this.window = window; this.used = 0; }
    if (this.used >= this.requests) return false;
    this.used += 1;
    return true;
  }

  /** ms UTC at which the present window ends. */
  resetAt(now: number): number { return (Math.floor(now / this.perMs) + 1) * this.perMs; }
}
