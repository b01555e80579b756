import type { RecordKey } from '../core/model/index.js';
import type { FieldDifference } from '../core/push/index.js';
import type { Engine } from '../engine/engine.js';
import { appendAudit } from '../database/repositories/audit.js';
import { addConstraints } from '../database/repositories/decisions.js';
import { outboxRowOf, saveTargetState, targetState, type OutboxRow } from '../database/repositories/push.js';
import { attemptOf, type Attempt } from '../database/repositories/push-attempts.js';
import { executeIn, selectIn, type Tx } from '../database/tx.js';
import { DecisionRefusedError } from '../decisions/refused.js';
import { judgementOf } from '../sync/judgement.js';
import { storeSlice } from '../sync/slice-store.js';
import type { Judgement } from '../sync/slice-types.js';
import { madeOf } from './departed.js';
import { judgeAssets } from './evaluate.js';
import { agreeToDiffer } from './verdicts.js';

/** One line of `outbox list --json` and of `dead-letters list --json`. */
export interface OwedDocument {
  readonly id: number;
  readonly target: string;
  readonly asset: string;
  readonly name: string | null;
  readonly state: OutboxRow['state'];
  readonly kind: OutboxRow['kind'];
  readonly reason: string | null;
  readonly attempts: number;
  readonly owedSince: string;
  readonly notBefore: string;
  /** What would be written now, computed from what is stored. */
  readonly differences: readonly (FieldDifference & { readonly record: RecordKey })[];
}

export interface DeadLetterDetails extends OwedDocument {
  readonly formatVersion: 1;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly log: readonly AttemptDocument[];
}

export type AttemptDocument = Omit<Attempt, 'at' | 'finishedAt'> & { readonly at: string; readonly finishedAt: string | null };

export const attemptDocument = ({ at, finishedAt, ...rest }: Attempt): AttemptDocument => ({ ...rest, at: new Date(at).toISOString(), finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString() });

const CHUNK = 200;

/** What is owed, what gave up, and what people do about it. */
export class OutboxService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  async *list(filter: { readonly target?: string; readonly state?: string; readonly targets?: readonly string[] }): AsyncIterable<OwedDocument> {
    for (let after = 0; ;) {
      const rows = await this.engine.database.read((tx) => owedAfter(tx, filter, after, CHUNK));
      if (rows.length === 0) return;
      const chosen = rows.filter((row) => filter.targets === undefined || filter.targets.length === 0 || filter.targets.includes(row.target));
      yield* await this.engine.database.read((tx) => this.documents(tx, chosen));
      after = rows.at(-1)?.id ?? after;
    }
  }

  /** One page of the list, behind the debt numbered `after`. */
  page(filter: { readonly target?: string; readonly state?: string }, after: number, limit: number): Promise<OwedDocument[]> {
    return this.engine.database.read(async (tx) => this.documents(tx, await owedAfter(tx, filter, after, limit)));
  }

  private async documents(tx: Tx, rows: readonly OutboxRow[]): Promise<OwedDocument[]> {
    const ids = [...new Set(rows.map((row) => row.assetId))];
    const names = new Map((await selectIn(tx, 'SELECT id, name FROM assets WHERE id IN (?)', ids)).map((row) => [row['id'] as string, row['name'] as string | null]));
    const wanted = new Map<string, OwedDocument['differences']>();
    const { push } = this.engine;
    if (push) {
      for (const { target, asset, verdict } of await judgeAssets(tx, ids, { push, classes: this.judgement.rules.identity.classes, matches: this.judgement.matches, now: this.engine.clock.now(), runId: null }, false)) {
        wanted.set(`${target.source.name}\u0000${asset.id}`, [
          ...[...verdict.writes, ...verdict.align].flatMap(({ key, differences }) => differences.map((difference) => ({ ...difference, record: key }))), ...verdict.holds.map(({ key, difference }) => ({ ...difference, record: key })),
          ...(verdict.creates ? [{ record: '', field: 'record', before: null, after: { ...asset.attributes, stage: asset.stage }, because: 'the target does not have it' }] : []),
        ]);
      }
    }
    return rows.map((row) => ({
      id: row.id, target: row.target, asset: row.assetId, name: names.get(row.assetId) ?? null, state: row.state, kind: row.kind, reason: row.reason, attempts: row.attempts, owedSince: new Date(row.firstOwedAt).toISOString(), notBefore: new Date(row.notBefore).toISOString(),
      differences: wanted.get(`${row.target}\u0000${row.assetId}`) ?? [],
    }));
  }

  async deadLetter(id: number): Promise<DeadLetterDetails | undefined> {
    return this.engine.database.read(async (tx) => {
      const row = await load(tx, id);
      if (!row) return undefined;
      const [document] = await this.documents(tx, [row]);
      return { formatVersion: 1, ...(document as OwedDocument), detail: row.detail ?? {}, log: await attemptsOf(tx, row.target, row.assetId, 20) };
    });
  }

  /** The attempts log of one asset, the latest first. */
  attempts(assetId: string, limit: number): Promise<AttemptDocument[]> {
    return this.engine.database.read(async (tx) => (await tx.query('SELECT * FROM push_attempts WHERE asset_id = ? ORDER BY id DESC LIMIT ?', [assetId, limit])).map(attemptOf).map(attemptDocument));
  }

  /** Owed again, as of what is wanted by then: no payload is kept, so a mended mapping or value is in it. */
  async replay(ids: readonly number[] | 'all', target?: string): Promise<{ readonly formatVersion: 1; readonly replayed: number; readonly settled: number }> {
    return this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      const rows = await this.dead(tx, ids, target);
      await tx.executeMany(`UPDATE outbox SET state = 'owed', attempts = 0, looks = 0, reason = NULL, detail = ?, not_before = ?, generation = generation + 1, updated_at = ? WHERE id = ?`, rows.map((row) => [textOf(madeOf(row.detail)), now, now, row.id]));
      await this.touch(tx, rows.map((row) => row.assetId), now);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'dead_letters.replay', subject: rows.map((row) => row.id) });
      const left = await selectIn(tx, 'SELECT id FROM outbox WHERE id IN (?)', rows.map((row) => row.id));
      return { formatVersion: 1, replayed: left.length, settled: rows.length - left.length };
    });
  }

  /** Not owed any more, until our value changes again. */
  async discard(ids: readonly number[], reason: string): Promise<{ readonly formatVersion: 1; readonly discarded: number }> {
    return this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      const rows = await this.dead(tx, ids);
      const { push } = this.engine;
      if (push) for (const row of rows) await agreeToDiffer(tx, [row.assetId], { push, classes: this.judgement.rules.identity.classes, matches: this.judgement.matches, now, runId: null, only: new Set([row.target]) });
      await executeIn(tx, `DELETE FROM outbox WHERE state = 'dead' AND id IN (?)`, rows.map((row) => row.id));
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'dead_letters.discard', subject: rows.map((row) => ({ id: row.id, target: row.target, asset: row.assetId })), reason });
      return { formatVersion: 1, discarded: rows.length };
    });
  }

  /** The target keeps the asset under another id now: from here on that record is this asset's, and the letter is owed there. */
  async cure(id: number, record: RecordKey, reason: string): Promise<{ readonly formatVersion: 1; readonly asset: string; readonly record: RecordKey }> {
    return this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      const [row] = await this.dead(tx, [id]);
      if (!row) throw new DecisionRefusedError(`there is no dead letter ${id}`, 'see `lockstep dead-letters list`');
      const [source, stream, ...rest] = record.split('/');
      const [found] = await tx.query('SELECT h.id AS id FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = ? AND st.name = ? AND h.external_id = ?', [source ?? '', stream ?? '', rest.join('/')]);
      if (source !== row.target || !found) throw new DecisionRefusedError(`${record} is no record of ${row.target} that Lockstep has read`, `read it first (\`lockstep sync ${row.target}\`); records are named source/stream/externalId`);
      const [anchor] = await tx.query('SELECT st.source AS source, st.name AS stream, h.external_id AS external_id FROM assets a JOIN record_heads h ON h.id = a.anchor_record_id JOIN streams st ON st.id = h.stream_id WHERE a.id = ?', [row.assetId]);
      if (!anchor) throw new DecisionRefusedError(`asset ${row.assetId} is gone`, 'discard the letter');
      await addConstraints(tx, [{ kind: 'must_link', a: `${anchor['source']}/${anchor['stream']}/${anchor['external_id']}`, b: record }], this.engine.actor, reason, now);
      await storeSlice(tx, [], this.judgement, { guard: false, firstLoad: false, cause: { kind: 'person', person: this.engine.actor }, runId: null, source: null, now, rejudge: [Number(found['id'])], touched: [row.assetId] });
      await tx.execute(`UPDATE outbox SET state = 'owed', attempts = 0, reason = NULL, detail = NULL, not_before = ?, generation = generation + 1 WHERE id = ? AND state = 'dead'`, [now, id]);
      await this.touch(tx, [row.assetId], now);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'dead_letters.resolve', subject: { id, target: row.target, asset: row.assetId }, after: record, reason });
      return { formatVersion: 1, asset: row.assetId, record };
    });
  }

  private async dead(tx: Tx, ids: readonly number[] | 'all', target?: string): Promise<OutboxRow[]> {
    const rows = (ids === 'all' ? await tx.query(`SELECT * FROM outbox WHERE state = 'dead'${target === undefined ? '' : ' AND target = ?'}`, target === undefined ? [] : [target]) : await selectIn(tx, `SELECT * FROM outbox WHERE state = 'dead' AND id IN (?)`, ids)).map(outboxRowOf);
    const unknown = ids === 'all' ? [] : ids.filter((id) => !rows.some((row) => row.id === id));
    if (unknown.length > 0) throw new DecisionRefusedError(`there is no dead letter ${unknown.join(', ')}`, 'see `lockstep dead-letters list`');
    return rows;
  }

  private async touch(tx: Tx, assets: readonly string[], now: number): Promise<void> {
    await storeSlice(tx, [], this.judgement, { guard: false, firstLoad: false, cause: { kind: 'person', person: this.engine.actor }, runId: null, source: null, now, touched: [...new Set(assets)] });
  }

  /** Nothing is written there until it is resumed; what is owed stays. */
  async pause(target: string, because: string): Promise<void> {
    await this.setPaused(target, because);
  }

  async resume(target: string): Promise<void> {
    await this.setPaused(target, null);
  }

  private async setPaused(target: string, because: string | null): Promise<void> {
    await this.engine.database.transaction(async (tx) => {
      const state = await targetState(tx, target);
      await saveTargetState(tx, target, { ...state, paused: because !== null, pausedBecause: because });
      await appendAudit(tx, { at: this.engine.clock.now(), actor: this.engine.actor, action: because === null ? 'push.resume' : 'push.pause', subject: target, ...(because !== null && { reason: because }) });
    });
  }
}

const textOf = (detail: Readonly<Record<string, unknown>> | null): string | null => (detail === null ? null : JSON.stringify(detail));

async function owedAfter(tx: Tx, filter: { readonly target?: string; readonly state?: string }, after: number, limit: number): Promise<OutboxRow[]> {
  return (await tx.query(`SELECT * FROM outbox WHERE id > ?${filter.target === undefined ? '' : ' AND target = ?'}${filter.state === undefined ? '' : ' AND state = ?'} ORDER BY id LIMIT ?`, [after, ...(filter.target === undefined ? [] : [filter.target]), ...(filter.state === undefined ? [] : [filter.state]), limit])).map(outboxRowOf);
}

async function load(tx: Tx, id: number): Promise<OutboxRow | undefined> {
  const [row] = await tx.query('SELECT * FROM outbox WHERE id = ?', [id]);
  return row && outboxRowOf(row);
}

async function attemptsOf(tx: Tx, target: string, assetId: string, limit: number): Promise<AttemptDocument[]> {
  return (await tx.query('SELECT * FROM push_attempts WHERE target = ? AND asset_id = ? ORDER BY id DESC LIMIT ?', [target, assetId, limit])).map(attemptOf).map(attemptDocument);
}
