import { allOne, type Constraint, type RecordKey } from '../core/model/index.js';
import type { Engine } from '../engine/engine.js';
import { endApprovals } from '../database/repositories/approvals.js';
import { appendAudit } from '../database/repositories/audit.js';
import { addConstraints, loadConstraints, releaseConstraints, saveVerdict } from '../database/repositories/decisions.js';
import { keepAnswer, loadReview, recordsOfReviews, resolveReview, type StoredReview } from '../database/repositories/reviews.js';
import { HEAD_COLUMNS, headOf, type RecordHead } from '../database/repositories/rows.js';
import { executeIn, selectIn, type Tx } from '../database/tx.js';
import { DecisionRefusedError } from '../decisions/decision.service.js';
import { decideHeldSet } from '../push/verdicts.js';
import { judgementOf } from '../sync/judgement.js';
import { tombstone } from '../sync/missing.js';
import { storeSlice } from '../sync/slice-store.js';
import type { Judgement, SliceOptions } from '../sync/slice-types.js';
import { withStoredRun } from '../sync/stored-run.js';
import type { StreamRun } from '../sync/stream-run.js';
import { acceptVersions } from '../sync/waiting.js';
import { approvalSubject, isApprovedByAnother } from './two-person.js';

export const RESOLUTIONS = ['merge', 'apart', 'accept', 'reject', 'release', 'ours', 'theirs'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export interface ResolveRequest {
  readonly as: Resolution;
  /** Record keys; absent: all of the review. */
  readonly only?: readonly RecordKey[];
  /** Of an alignment: only these fields. */
  readonly fields?: readonly string[];
  /** Of an alignment: the same for whatever joins later. */
  readonly keep?: boolean;
  readonly reason: string;
}

export interface ResolveResult {
  readonly formatVersion: 1;
  readonly review: number;
  /** Records on which the decision acted. */
  readonly done: number;
  /** Records of the review that are still open. */
  readonly left: number;
  /** Set where nothing has happened yet: the same answer of another person carries it out. */
  readonly awaits?: 'another person';
}

interface ReviewRecord {
  readonly key: RecordKey;
  readonly recordId: number | null;
}

type Family = 'identity' | 'move' | 'held' | 'gone' | 'unread' | 'notice' | 'push' | 'guard';

const FAMILY: Readonly<Record<string, Family>> = {
  contested_value: 'identity', spoilt_serial: 'identity', duplicate_in_source: 'identity', ambiguous_attach: 'identity', cut_tie: 'identity', suggestion: 'identity',
  illegal_move: 'move', guarded_move: 'move', flapping: 'move',
  held_stage_move: 'held', held_class_change: 'held', held_merge: 'held', held_split: 'held', held_emptied: 'held',
  held_tombstone: 'gone', suspect_scope: 'gone', unread_records: 'unread', unknown_value: 'notice', shared_value: 'notice',
  alignment: 'push', push_drift: 'push', push_conflict: 'push', push_guard: 'guard',
};

/** The answers that each family takes. */
export const TAKES: Readonly<Record<Family, readonly Resolution[]>> = {
  identity: ['merge', 'apart', 'accept', 'reject'], move: ['accept', 'reject'], held: ['release', 'accept', 'reject'], gone: ['release', 'accept', 'reject'], unread: ['accept', 'reject'], notice: ['accept', 'reject'], push: ['ours', 'theirs'], guard: ['release', 'accept', 'reject'],
};

/** Answers that let a whole set take effect: where the rule stands, two people give them. */
const LETS_PASS: Readonly<Partial<Record<Family, readonly Resolution[]>>> = { held: ['release', 'accept'], gone: ['release', 'accept'], guard: ['release', 'accept'], push: ['ours'] };

/** What the answers mean, for help and errors. */
export const MEANING: Readonly<Record<Family, string>> = {
  identity: 'merge: they are one asset; apart: they are different ones; accept or reject: leave everything as it is and do not ask again',
  move: 'accept: the move counts from its time; reject: it never counts',
  held: 'release: the held versions take effect; reject: they never do, until their source says something new',
  gone: 'release: the records are gone; reject: they stay as they are',
  unread: 'accept: keep the records as they are; reject: withdraw them, as if their source had never spoken',
  notice: 'accept: seen; do not ask again',
  push: 'ours: our values are written there; theirs: what stands there counts (a stage moves the asset, another field is left as it is)',
  guard: 'release: let them be written; reject: leave the target as it is until our values change again',
};

export const familyOf = (kind: string): Family => FAMILY[kind] ?? 'notice';

/** A person's answers, audited, each an input of every later resolve. */
export class ReviewService {
  private readonly judgement: Judgement;
  /** `person`: by what two people are told apart, where a name could be anybody's. */
  constructor(private readonly engine: Engine, private readonly person: string = engine.actor) {
    this.judgement = judgementOf(engine);
  }

  async resolve(id: number, request: ResolveRequest): Promise<ResolveResult> {
    const { review, records } = await this.load(id);
    const family = familyOf(review.kind);
    if (!TAKES[family].includes(request.as)) throw new DecisionRefusedError(`a review of kind ${review.kind} cannot be resolved as ${request.as}`, MEANING[family]);
    const unknown = (request.only ?? []).filter((key) => !records.some((record) => record.key === key));
    if (unknown.length > 0) throw new DecisionRefusedError(`review ${id} does not hold ${unknown.join(', ')}`, `see \`lockstep reviews show ${id}\``);
    const chosen = request.only === undefined ? records : records.filter((record) => request.only?.includes(record.key));
    if (this.engine.config.security.twoPersonRule && LETS_PASS[family]?.includes(request.as)) {
      const { as, fields, keep, reason } = request;
      const approved = await isApprovedByAnother(this.engine, { review, records: chosen.map((record) => record.key), answer: { as, ...(fields && { fields: [...fields].sort() }), ...(keep && { keep }) }, reason, person: this.person });
      if (!approved) return { formatVersion: 1, review: id, done: 0, left: records.length, awaits: 'another person' };
    }
    switch (family) {
      case 'identity': await this.identity(chosen, records, request); break;
      case 'move': await this.move(review, chosen, request); break;
      case 'held': await this.held(review, chosen, request); break;
      case 'gone': await this.gone(review, chosen, request); break;
      case 'unread': await this.unread(review, chosen, request); break;
      case 'push': await this.target(review, chosen, request, request.as === 'theirs' ? 'theirs' : 'ours'); break;
      case 'guard': await this.target(review, chosen, request, request.as === 'reject' ? 'theirs' : 'ours'); break;
      case 'notice': break;
    }
    return this.close(review, chosen, records, request);
  }

  private async load(id: number): Promise<{ readonly review: StoredReview; readonly records: readonly ReviewRecord[] }> {
    return this.engine.database.read(async (tx) => {
      const review = await loadReview(tx, id);
      if (!review) throw new DecisionRefusedError(`there is no review ${id}`, 'see `lockstep reviews list`');
      if (review.status !== 'open') throw new DecisionRefusedError(`review ${id} is ${review.status === 'over' ? 'over: its cause is gone' : `resolved already, as ${review.resolution}`}`, 'see `lockstep reviews list`');
      const records = ((await recordsOfReviews(tx, [id])).get(id) ?? []).filter((record) => !record.done);
      return { review, records };
    });
  }

  private options(now: number): SliceOptions {
    return { guard: false, firstLoad: false, cause: { kind: 'person', person: this.engine.actor }, runId: null, source: null, now };
  }

  private async identity(chosen: readonly ReviewRecord[], all: readonly ReviewRecord[], { as, reason }: ResolveRequest): Promise<void> {
    if (as !== 'merge' && as !== 'apart') return;
    if (chosen.length < 2 && all.length < 2) throw new DecisionRefusedError('this review names one record only', 'merge or split its asset with `lockstep assets merge` or `lockstep assets split`');
    await this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      const keys = chosen.map((record) => record.key);
      const others = as === 'apart' && chosen.length < all.length ? all.map((record) => record.key).filter((key) => !keys.includes(key)) : keys;
      const constraints: Constraint[] = as === 'merge'
        ? allOne(keys)
        : keys.flatMap((a, i) => (others === keys ? keys.slice(i + 1) : others).map((b): Constraint => ({ kind: 'cannot_link', a, b })));
      const opposite = as === 'merge' ? 'cannot_link' : 'must_link';
      const touched = new Set([...keys, ...others]);
      const standing = (await loadConstraints(tx, [...touched])).filter((each) => each.kind === opposite && constraints.some((added) => (added.a === each.a && added.b === each.b) || (added.a === each.b && added.b === each.a)));
      await releaseConstraints(tx, standing.map((each) => each.id), now);
      await addConstraints(tx, constraints, this.engine.actor, reason, now);
      await storeSlice(tx, [], this.judgement, { ...this.options(now), rejudge: all.flatMap((record) => record.recordId ?? []) });
    });
  }

  private async move(review: StoredReview, chosen: readonly ReviewRecord[], { as, reason }: ResolveRequest): Promise<void> {
    await this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      const moveKey = String(review.detail['moveKey']);
      for (const { recordId } of chosen) if (recordId !== null) await saveVerdict(tx, { moveKey, verdict: as === 'accept' ? 'accept' : 'reject', by: this.engine.actor, at: now }, recordId, reason);
      const assets = await selectIn(tx, 'SELECT DISTINCT asset_id AS id FROM record_heads WHERE asset_id IS NOT NULL AND id IN (?)', chosen.flatMap((record) => record.recordId ?? []));
      await storeSlice(tx, [], this.judgement, { ...this.options(now), touched: assets.map((row) => row['id'] as string) });
    });
  }

  private async held(review: StoredReview, chosen: readonly ReviewRecord[], { as }: ResolveRequest): Promise<void> {
    const ids = chosen.flatMap((record) => record.recordId ?? []);
    if (as === 'reject') {
      // The head remembers the content, so the same words read again stay rejected; what counts is the accepted version.
      await this.engine.database.transaction(async (tx) => {
        await executeIn(tx, `UPDATE record_versions SET state = 'withdrawn' WHERE state = 'held' AND record_id IN (?)`, ids);
        const assets = await selectIn(tx, 'SELECT DISTINCT asset_id AS id FROM record_heads WHERE asset_id IS NOT NULL AND id IN (?)', ids);
        // Targets that waited for the decision know now what the record says.
        if (this.engine.push) await storeSlice(tx, [], this.judgement, { ...this.options(this.engine.clock.now()), touched: assets.map((row) => row['id'] as string) });
      });
      return;
    }
    await this.inStream(review, async (run) => {
      const rows = await this.engine.database.read((tx) => selectIn(tx, `SELECT record_id, no FROM record_versions WHERE state = 'held' AND record_id IN (?) ORDER BY record_id, no`, ids));
      await acceptVersions(this.engine.database, run, rows.map((row) => ({ recordId: Number(row['record_id']), no: Number(row['no']) })), () => this.engine.clock.now(), run.lease);
    });
  }

  private async gone(review: StoredReview, chosen: readonly ReviewRecord[], { as }: ResolveRequest): Promise<void> {
    const ids = chosen.flatMap((record) => record.recordId ?? []);
    if (as === 'reject') {
      await this.engine.database.transaction((tx) => executeIn(tx, 'UPDATE record_heads SET misses = 0, missing_since = NULL, told_at = NULL WHERE id IN (?)', ids));
      return;
    }
    await this.inStream(review, async (run) => {
      const heads = (await this.engine.database.read((tx) => selectIn(tx, `SELECT ${HEAD_COLUMNS.join(', ')} FROM record_heads WHERE state = 'live' AND id IN (?)`, ids))).map(headOf);
      // What its source has listed again since is not gone.
      const still = heads.filter((head) => head.seenAt <= review.updatedAt);
      await tombstone({ database: this.engine.database, now: () => this.engine.clock.now(), crash: this.engine.crash }, run, still, new Map());
    });
  }

  private async unread(review: StoredReview, chosen: readonly ReviewRecord[], { as }: ResolveRequest): Promise<void> {
    if (as === 'accept') return;
    const ids = chosen.flatMap((record) => record.recordId ?? []);
    for (let at = 0; at < ids.length; at += 200) {
      await this.engine.database.transaction(async (tx) => {
        const now = this.engine.clock.now();
        const heads = (await selectIn(tx, `SELECT ${HEAD_COLUMNS.join(', ')} FROM record_heads WHERE state = 'unread' AND id IN (?)`, ids.slice(at, at + 200))).map(headOf);
        await withdraw(tx, heads, this.judgement, this.options(now), now);
      });
    }
  }

  private async target(review: StoredReview, chosen: readonly ReviewRecord[], { fields, keep, reason }: ResolveRequest, side: 'ours' | 'theirs'): Promise<void> {
    const target = String(review.detail['target']);
    if (!this.engine.push?.targets.has(target)) throw new DecisionRefusedError(`${target} is no target of this configuration any more`, 'set push.enabled for it again, or leave the review alone');
    if ((fields || keep) && review.kind !== 'alignment') throw new DecisionRefusedError('fields and a kept verdict belong to an alignment', MEANING.push);
    if (fields && keep) throw new DecisionRefusedError('a verdict is kept whole: on some fields it cannot hold for later arrivals', 'decide the fields first, without keeping; then keep a verdict on what is left');
    await decideHeldSet(this.engine, this.judgement, { kind: review.kind, target, ...(typeof review.detail['field'] === 'string' && { field: review.detail['field'] }), review: review.id, records: chosen, side, ...(fields && { fields }), ...(keep && { keep }), reason });
  }

  private async inStream(review: StoredReview, work: (run: StreamRun) => Promise<void>): Promise<void> {
    const [source, stream] = [String(review.detail['source']), String(review.detail['stream'])];
    const found = await withStoredRun(this.engine, this.judgement, source, stream, async (run) => { await work(run); return true; });
    if (found === undefined) throw new DecisionRefusedError(`stream ${stream} of source ${source} is no longer in the configuration, so its records cannot be mapped`, 'configure it again, or reject the review');
  }

  private async close(review: StoredReview, chosen: readonly ReviewRecord[], all: readonly ReviewRecord[], request: ResolveRequest): Promise<ResolveResult> {
    return this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      // Of an alignment whose fields are decided one by one, a record with others to decide has joined again by now.
      const isPartial = request.fields !== undefined;
      if (!isPartial) await tx.executeMany('UPDATE review_records SET done = 1 WHERE review_id = ? AND record_key = ?', chosen.map((record) => [review.id, record.key]));
      const again = isPartial ? new Set(((await recordsOfReviews(tx, [review.id])).get(review.id) ?? []).filter((record) => !record.done).map((record) => record.key)) : new Set<RecordKey>();
      const left = all.length - chosen.length + chosen.filter((record) => again.has(record.key)).length;
      if (left > 0 && request.as === 'reject' && familyOf(review.kind) === 'gone') await keepAnswer(tx, review, chosen.map((record) => record.key));
      await endApprovals(tx, approvalSubject(review.id));
      if (left === 0) await resolveReview(tx, review.id, request.as, this.engine.actor, request.reason, now);
      await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'reviews.resolve', subject: { review: review.id, kind: review.kind, cause: review.cause }, after: { as: request.as, records: chosen.map((record) => record.key) }, reason: request.reason });
      return { formatVersion: 1, review: review.id, done: chosen.length, left };
    });
  }
}

async function withdraw(tx: Tx, heads: readonly RecordHead[], judgement: Judgement, options: SliceOptions, now: number): Promise<void> {
  await storeSlice(tx, heads.filter((head) => head.kind === 'asset').map((head) => ({ kind: 'state', head, state: 'withdrawn', at: now })), judgement, options);
  await executeIn(tx, `UPDATE record_heads SET state = 'withdrawn' WHERE kind <> 'asset' AND id IN (?)`, heads.filter((head) => head.kind !== 'asset').map((head) => head.id));
}
