import { SourceError, type AttributeValue, type LifecycleStage, type RecordWrite, type StageCodes } from '../../connectors/sdk/contract/index.js';
import { isShown, verifyField, type FieldDifference } from '../core/push/index.js';
import type { Engine } from '../engine/engine.js';
import { appendAudit } from '../database/repositories/audit.js';
import { attemptOf, endAttempts, insertAttempts, type Attempt } from '../database/repositories/push-attempts.js';
import { forgetSent, saveAgreed, saveSent } from '../database/repositories/push.js';
import { DecisionRefusedError } from '../decisions/refused.js';
import { fetchRecords } from '../sync/fetch-records.js';
import { judgementOf } from '../sync/judgement.js';
import { storeSightings } from '../sync/sighting.js';
import type { Judgement } from '../sync/slice-types.js';
import { judgeAssets } from './evaluate.js';
import { shownIn } from './read-back.js';
import { outcomeOf } from './relay.js';
import { closedBecause } from './closed.js';
import { pathOf } from './rules.js';
import { withTarget, type TargetSession } from './target-session.js';

export interface UndoReport {
  readonly formatVersion: 1;
  readonly undone: readonly { readonly target: string; readonly record: string; readonly differences: readonly FieldDifference[] }[];
  /** Left as they are, and why. */
  readonly left: readonly { readonly target: string; readonly record: string; readonly because: string }[];
}

/**
 * Takes writes back where the target still holds what was written. What stands there afterwards is agreed to, until our
 * value changes: else it would be written again at once.
 */
export class UndoService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  /** `id`: of a push, or the number of one attempt. */
  async push(id: string, reason: string): Promise<UndoReport> {
    const attempts = await this.engine.database.read(async (tx) => (await tx.query(`SELECT * FROM push_attempts WHERE ${/^\d+$/.test(id) ? 'id' : 'push_id'} = ? AND kind = 'update' AND outcome IN ('verified', 'normalised') ORDER BY id DESC`, [/^\d+$/.test(id) ? Number(id) : id])).map(attemptOf));
    if (attempts.length === 0) throw new DecisionRefusedError(`no write of "${id}" took effect`, 'see `lockstep outbox log <asset>` for pushes and attempts');
    const { push } = this.engine;
    if (!push?.writes) throw new DecisionRefusedError('nothing may be written: environment.writes is off', 'set it to on, and try again');
    const undone: UndoReport['undone'][number][] = [];
    const left: UndoReport['left'][number][] = [];
    for (const name of new Set(attempts.map((attempt) => attempt.target))) {
      const target = push.targets.get(name);
      const own = attempts.filter((attempt) => attempt.target === name);
      const leave = (because: string): void => void left.push(...own.map((attempt) => ({ target: name, record: attempt.recordKey ?? '', because })));
      if (!target) { leave('it is no target of this configuration any more'); continue; }
      const closed = await closedBecause(this.engine, target);
      if (closed !== undefined) { leave(closed.reason); continue; }
      const done = await withTarget(this.engine, this.judgement, push, target, `undo-${this.engine.clock.now().toString(36)}`, async (session) => { for (const attempt of own) await this.one(session, attempt, undone, left); });
      if ('busy' in done) leave(`another process writes there (${done.busy})`);
    }
    await this.engine.database.transaction((tx) => appendAudit(tx, { at: this.engine.clock.now(), actor: this.engine.actor, action: 'undo.push', subject: id, after: { undone: undone.map(({ record }) => record), left: left.map(({ record }) => record) }, reason }));
    return { formatVersion: 1, undone, left };
  }

  private async one(session: TargetSession, attempt: Attempt, undone: UndoReport['undone'][number][], left: UndoReport['left'][number][]): Promise<void> {
    const record = attempt.recordKey ?? '';
    const leave = (because: string): void => void left.push({ target: attempt.target, record, because });
    const [, stream = '', ...rest] = record.split('/');
    const externalId = rest.join('/');
    const writer = session.target.streams.get(stream)?.push;
    if (!writer || attempt.recordId === null) return leave('its stream is not written any more');
    const run = await session.run(stream);
    const before = (await fetchRecords(session.client, run, [externalId], () => session.now())).get(externalId);
    if (before?.kind !== 'found') return leave(before?.reason ?? 'it cannot be read there');
    const waits = await session.transaction(async (tx) => {
      await storeSightings(tx, run, [{ judged: before.judged, readAt: before.readAt }], session.now());
      const [judged] = await judgeAssets(tx, [attempt.assetId], session.context(), true);
      return judged?.verdict.waits;
    });
    // No way leads past an open alignment, not even back.
    if (waits) return leave(waits.because);
    const ours = attempt.differences.filter(({ field }) => isShown({ value: null, shown: attempt.readBack?.[field], origin: 'written' }, shownIn(before.judged, field)));
    if (ours.length < attempt.differences.length) return leave('the target does not hold what was written any more');
    const at = session.now();
    const back = attempt.differences.map(({ field, before: was, after }): FieldDifference => ({ field, before: after, after: was, because: 'undone' }));
    const attemptId = await session.transaction(async (tx) => {
      const [id] = await insertAttempts(tx, [{ ...attempt, pushId: session.pushId, kind: 'undo', outcome: 'sent', at, finishedAt: null, differences: back, answer: null, readBack: null, runId: null }]);
      await saveSent(tx, back.map(({ field, after }) => ({ recordId: attempt.recordId as number, field, raw: after, value: after })), at);
      return id as number;
    });
    const outcome = await this.write(session, stream, externalId, back, before.raw);
    const after = (await fetchRecords(session.client, run, [externalId], () => session.now())).get(externalId);
    const shown = after?.kind === 'found' ? after.judged : undefined;
    const took = outcome.kind !== 'accepted' || !shown ? [] : back.filter(({ field, before: ours, after: was }) => verifyField({ written: was, desired: was, before: ours, after: shownIn(shown, field), isDesired: false }) !== 'unchanged');
    await session.transaction(async (tx) => {
      const now = session.now();
      const [judged] = await judgeAssets(tx, [attempt.assetId], session.context(), false);
      const wanted = (field: string): unknown => (field === 'stage' ? judged?.asset.stage : (judged?.asset.attributes[field] ?? null));
      await saveAgreed(tx, took.map(({ field }) => ({ recordId: attempt.recordId as number, field, agreed: { value: wanted(field), shown: shown && shownIn(shown, field), origin: 'written' } })), now);
      if (shown && after?.kind === 'found') await storeSightings(tx, run, [{ judged: shown, readAt: after.readAt }], now);
      await forgetSent(tx, [attempt.recordId as number]);
      await endAttempts(tx, [{ id: attemptId, outcome: outcome.kind !== 'accepted' ? outcome.kind : !shown ? 'unknown' : took.length === back.length ? 'undone' : 'reverted', ...(shown && { readBack: Object.fromEntries(back.map(({ field }) => [field, shownIn(shown, field)])) }) }], now);
    });
    if (outcome.kind === 'accepted') {
      if (took.length > 0) undone.push({ target: attempt.target, record, differences: took });
      const ignored = back.filter((each) => !took.includes(each)).map(({ field }) => field);
      if (ignored.length > 0) leave(shown ? `the target accepted ${ignored.join(', ')} and still shows what was written` : 'it could not be read back');
    } else leave(outcome.kind === 'refused' ? session.redact(outcome.error.vendorWords ?? outcome.error.message) : session.redact(outcome.reason));
  }

  private async write(session: TargetSession, stream: string, externalId: string, back: readonly FieldDifference[], current: unknown) {
    const stage = back.find(({ field }) => field === 'stage');
    const write: RecordWrite = {
      externalId, current, ...(stage && { stage: { stage: stageOf(session, stream, stage.after as StageCodes), codes: stage.after as StageCodes } }),
      fields: back.filter(({ field }) => field !== 'stage').map(({ field, after }) => {
        const path = pathOf(session.target.source, stream, field);
        return { attribute: field, value: after as AttributeValue | null, ...(path && { path }) };
      }),
    };
    try {
      return (await session.target.streams.get(stream)?.push?.write(session.client, [write]))?.[0] ?? { kind: 'unknown' as const, reason: 'the connector told no outcome' };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return outcomeOf(error);
    }
  }
}

/** The stage that codes stand for, as the target's own table writes it; where none fits, the name matters to nobody. */
function stageOf(session: TargetSession, stream: string, codes: StageCodes): LifecycleStage {
  const codesFor = session.target.rules.streams.get(stream)?.codesFor;
  const stages: readonly LifecycleStage[] = ['requested', 'acquired', 'deployed', 'in_use', 'maintenance', 'retired', 'disposed'];
  return stages.find((stage) => isShown({ value: null, shown: codesFor?.(stage) ?? {}, origin: 'written' }, codes)) ?? 'in_use';
}
