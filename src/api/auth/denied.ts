import { appendAudit } from '../../database/repositories/audit.js';
import type { Engine } from '../../engine/engine.js';

export interface DeniedAttempt {
  /** Known callers by their identity, others by address. */
  readonly caller: string;
  readonly actor: string;
  readonly method: string;
  /** The pattern of the route, never what was put into it. */
  readonly route: string;
  readonly status: 401 | 403;
}

const MINUTE_MS = 60_000;
/** Of all callers together: a flood from many addresses must not fill the audit. */
const MOST_A_MINUTE = 60;

/** Refusals are audited, but nobody can make the audit grow by more than an entry a minute, nor all together by more than sixty. */
export class DeniedAttempts {
  private minute = -1;
  private readonly callers = new Map<string, number>();

  constructor(private readonly engine: Engine) {}

  async note({ caller, actor, method, route, status }: DeniedAttempt): Promise<void> {
    const { clock, database, log } = this.engine;
    const now = clock.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.callers.clear();
    }
    if (this.callers.has(caller) || this.callers.size >= MOST_A_MINUTE) return;
    this.callers.set(caller, now);
    try {
      await database.transaction((tx) => appendAudit(tx, { at: now, actor, action: 'api.denied', subject: { method, route, status } }));
    } catch (error) {
      // The refusal stands all the same.
      log.warn('refusal not audited', { caller, route, error: String(error) });
    }
  }
}
