import { listAudit, nextAuditSeq, verifyAuditPart, type BrokenAudit, type StoredAudit } from '../database/repositories/audit.js';
import type { Engine } from '../engine/engine.js';
import { instant } from './instants.js';

/** Who did what, when, from where; `before` and `after` where something was one thing and is another now. */
export interface AuditDocument extends Omit<StoredAudit, 'at'> {
  readonly at: string;
}

export interface AuditVerdict {
  readonly formatVersion: 1;
  readonly ok: boolean;
  /** Entries whose hashes were computed again. */
  readonly checked: number;
  /** Of the last sound entry: kept elsewhere, it proves later that nothing before it was replaced. */
  readonly hash: string;
  readonly broken?: BrokenAudit;
}

const PART = 1_000;

export class AuditQueries {
  constructor(private readonly engine: Engine) {}

  list(filter: { readonly action?: string; readonly actor?: string }, before: number | undefined, limit: number): Promise<AuditDocument[]> {
    return this.engine.database.read(async (tx) => (await listAudit(tx, filter, before, limit)).map(auditDocument));
  }

  /** Part by part, so that the service goes on meanwhile. */
  async verify(): Promise<AuditVerdict> {
    const end = await this.engine.database.read(nextAuditSeq);
    let last = { seq: 0, hash: '' };
    for (let checked = 0; ;) {
      const part = await this.engine.database.read((tx) => verifyAuditPart(tx, last, PART));
      checked += part.checked;
      last = part.last;
      if (part.broken) return { formatVersion: 1, ok: false, checked, hash: last.hash, broken: part.broken };
      if (part.checked === PART) continue;
      const missing = end - 1 - last.seq;
      return { formatVersion: 1, ok: missing <= 0, checked, hash: last.hash, ...(missing > 0 && { broken: { seq: last.seq + 1, because: `the last ${missing === 1 ? 'entry was' : `${missing} entries were`} taken away` } }) };
    }
  }
}

const auditDocument = ({ seq, at, actor, action, subject, before, after, reason, hash }: StoredAudit): AuditDocument => ({
  seq, at: instant(at), actor, action, subject, ...(before !== undefined && { before }), ...(after !== undefined && { after }), ...(reason !== undefined && { reason }), hash,
});
