import type { Engine } from '../engine/engine.js';
import { appendAudit } from '../database/repositories/audit.js';
import { checkLease } from '../database/repositories/leases.js';
import { discardQuarantine, leaveQuarantine, loadQuarantine, quarantineOf, saveQuarantine, type StoredQuarantine } from '../database/repositories/quarantine.js';
import { registerScope } from '../database/repositories/streams.js';
import { selectIn } from '../database/tx.js';
import { DecisionRefusedError } from '../decisions/decision.service.js';
import { judgementOf } from '../sync/judgement.js';
import { sliceOptions } from '../sync/slice-options.js';
import { headOf, remap } from '../sync/remap.js';
import { storeOthers } from '../sync/other-store.js';
import { storeSlice } from '../sync/slice-store.js';
import type { Judgement } from '../sync/slice-types.js';
import { withStoredRun } from '../sync/stored-run.js';
import { LEASE_MS, type StreamRun } from '../sync/stream-run.js';

export interface ReplayRequest {
  readonly ids?: readonly number[];
  readonly source?: string;
  readonly all?: boolean;
}

export interface ReplayResult {
  readonly formatVersion: 1;
  readonly replayed: number;
  /** Entries that are still in quarantine, of those asked for. */
  readonly left: number;
  readonly problems: readonly { readonly id: number; readonly reason: string }[];
}

/** Records that could not be processed. A replay takes the stored payload through the present mapping; no vendor is called. */
export class QuarantineService {
  private readonly judgement: Judgement;
  constructor(private readonly engine: Engine) {
    this.judgement = judgementOf(engine);
  }

  async replay(request: ReplayRequest): Promise<ReplayResult> {
    const entries = await this.chosen(request);
    const streams = await this.engine.database.read((tx) => selectIn(tx, 'SELECT id, source, name FROM streams WHERE id IN (?)', [...new Set(entries.map((entry) => entry.streamId))]));
    const problems: { id: number; reason: string }[] = [];
    let replayed = 0;
    for (const stream of streams) {
      const own = entries.filter((entry) => entry.streamId === Number(stream['id']));
      const done = await withStoredRun(this.engine, this.judgement, stream['source'], stream['name'], async (run) => {
        for (const entry of own) {
          const reason = await this.one(run, entry);
          if (reason === undefined) replayed++;
          else problems.push({ id: entry.id, reason });
        }
        return true;
      });
      if (done === undefined) problems.push(...own.map((entry) => ({ id: entry.id, reason: `stream ${stream['name']} of source ${stream['source']} is no longer in the configuration` })));
    }
    await this.engine.database.transaction((tx) => appendAudit(tx, { at: this.engine.clock.now(), actor: this.engine.actor, action: 'quarantine.replay', subject: entries.map((entry) => entry.id), after: { replayed, left: problems.length } }));
    return { formatVersion: 1, replayed, left: problems.length, problems };
  }

  async discard({ ids, reason }: { readonly ids: readonly number[]; readonly reason: string }): Promise<{ readonly formatVersion: 1; readonly discarded: number }> {
    return this.engine.database.transaction(async (tx) => {
      for (const id of ids) if (!(await loadQuarantine(tx, id))) throw new DecisionRefusedError(`there is no quarantine entry ${id}`, 'see `lockstep quarantine list`');
      const discarded = await discardQuarantine(tx, ids);
      await appendAudit(tx, { at: this.engine.clock.now(), actor: this.engine.actor, action: 'quarantine.discard', subject: ids, reason });
      return { formatVersion: 1, discarded };
    });
  }

  private async chosen({ ids, source, all }: ReplayRequest): Promise<StoredQuarantine[]> {
    if (ids === undefined && source === undefined && !all) throw new DecisionRefusedError('nothing was chosen', 'name entries by their number, or give --source or --all');
    return this.engine.database.read(async (tx) => {
      const rows = ids !== undefined
        ? await selectIn(tx, 'SELECT * FROM quarantine WHERE id IN (?)', ids)
        : await tx.query(`SELECT q.* FROM quarantine q JOIN streams st ON st.id = q.stream_id${source === undefined ? '' : ' WHERE st.source = ?'} ORDER BY q.id`, source === undefined ? [] : [source]);
      const missing = (ids ?? []).filter((id) => !rows.some((row) => Number(row['id']) === id));
      if (missing.length > 0) throw new DecisionRefusedError(`there is no quarantine entry ${missing.join(', ')}`, 'see `lockstep quarantine list`');
      return rows.map(quarantineOf);
    });
  }

  /** Undefined: it is out. Else why it is still in. */
  private async one(run: StreamRun, entry: StoredQuarantine): Promise<string | undefined> {
    const judged = await remap(run, entry.raw, entry.readAt);
    const { database, clock } = this.engine;
    return database.transaction(async (tx) => {
      const now = clock.now();
      await checkLease(tx, run.lease, LEASE_MS, now);
      if (judged.kind === 'quarantined') {
        await saveQuarantine(tx, [{ streamId: entry.streamId, externalId: entry.externalId, reason: judged.reason, raw: entry.raw, hash: judged.read.hash, readAt: entry.readAt, scope: entry.scope }], entry.runId ?? run.runId, now);
        return judged.reason;
      }
      if (judged.kind === 'record') {
        const head = await headOf(tx, entry.streamId, judged.externalId);
        const scope = await registerScope(tx, entry.streamId, entry.scope, run.filterHash);
        const common = { streamId: entry.streamId, scopeId: scope.id, contentHash: judged.read.hash, mappingHash: run.mappingHash, readAt: entry.readAt, pass: head?.seenPass ?? 0, ...(head && { head }) };
        if (judged.record.kind === 'asset') await storeSlice(tx, [{ kind: 'version', ...common, externalId: judged.externalId, mapped: judged.record, raw: judged.read.canonical, held: judged.held.map((value) => value.attribute) }], run.judgement, sliceOptions(run, now, false));
        else await storeOthers(tx, [{ ...common, mapped: judged.record }]);
      }
      if (entry.externalId !== null) await leaveQuarantine(tx, entry.streamId, [entry.externalId]);
      await discardQuarantine(tx, [entry.id]);
      return undefined;
    });
  }
}
