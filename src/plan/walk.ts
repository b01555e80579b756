import { planPage } from '../core/reconcile/plan-page.js';
import type { PagePlan } from '../core/reconcile/plan-types.js';
import { identityOf } from '../core/reconcile/normalise.js';
import type { RecordIdentifier, SourceRecord } from '../core/model/index.js';
import { sameValue } from '../core/model/index.js';
import type { Database } from '../database/database.js';
import { loadClosure } from '../database/repositories/closure.js';
import { loadRecords, type StoredRecord } from '../database/repositories/records.js';
import type { RecordBody } from '../database/repositories/rows.js';
import { loadStreams } from '../database/repositories/streams.js';
import type { Tx } from '../database/tx.js';
import { planInput } from '../sync/slice-plan.js';
import { loadSurroundings, type Surroundings } from '../sync/slice-load.js';
import type { Judgement } from '../sync/slice-types.js';

/** The marks of a stored record under the present rules: what counts as a placeholder may have been changed. */
export function remarked({ record, body }: StoredRecord, judgement: Judgement): { readonly record: SourceRecord; readonly body: RecordBody } | undefined {
  const claims = Object.fromEntries(Object.entries(body.claims).map(([attribute, claim]) => [attribute, claim.value]));
  const identity = identityOf({ ...(body.assetClass !== undefined && { assetClass: body.assetClass }), identifiers: body.identifiers, claims }, record.key, judgement.rules.identity.classes, judgement.isJunk);
  const echoes = new Set(body.identifiers.filter((identifier) => identifier.echo).map((identifier) => `${identifier.kind}:${identifier.value}`));
  const identifiers = identity.identifiers.map((identifier): RecordIdentifier => (echoes.has(`${identifier.kind}:${identifier.value}`) ? { ...identifier, echo: true } : identifier));
  const same = sameValue(identifiers, body.identifiers) && identity.maker === body.maker && sameValue(identity.hostnames, body.hostnames) && identity.nameLabel === body.nameLabel;
  if (same) return undefined;
  const { maker: _maker, nameLabel: _label, ...rest } = record;
  const { maker: _bodyMaker, nameLabel: _bodyLabel, ...bodyRest } = body;
  return { record: { ...rest, ...identity, identifiers }, body: { ...bodyRest, ...identity, identifiers } };
}

export interface Part {
  readonly plan: PagePlan;
  readonly surroundings: Surroundings;
  /** Records of this part that the closure followed. */
  readonly followed: ReadonlySet<number>;
}

/** Resolves the whole stored model again, part by closed part, without writing; `visit` sees each plan once. */
export async function walkModel(database: Database, judgement: Judgement, now: number, visit: (part: Part) => void): Promise<void> {
  const visited = new Set<number>();
  for (let after = 0; ;) {
    const rows = await database.read((tx) => tx.query(`SELECT id FROM record_heads WHERE kind = 'asset' AND state NOT IN ('pending', 'withdrawn') AND id > ? ORDER BY id LIMIT 200`, [after]));
    if (rows.length === 0) return;
    const ids = rows.map((row) => Number(row['id']));
    after = ids.at(-1) as number;
    const fresh = ids.filter((id) => !visited.has(id));
    if (fresh.length === 0) continue;
    const part = await database.read((tx) => planPart(tx, fresh, judgement, now));
    for (const id of part.followed) visited.add(id);
    visit(part);
  }
}

async function planPart(tx: Tx, ids: readonly number[], judgement: Judgement, now: number): Promise<Part> {
  const streams = await loadStreams(tx);
  const next = new Map<number, SourceRecord>();
  for (const stored of await loadRecords(tx, ids, streams)) {
    const again = remarked(stored, judgement);
    if (again) next.set(stored.head.id, again.record);
  }
  const closure = await loadClosure(tx, { recordIds: ids, next, streamOf: () => 0 }, judgement.rules.identity, streams);
  // Marks of records met on the way count as well.
  for (const id of closure.followed) {
    const stored = closure.stored.get(id);
    const again = stored && !next.has(id) ? remarked(stored, judgement) : undefined;
    if (again) next.set(id, again.record);
  }
  const keyOf = (id: number): string | undefined => closure.stored.get(id)?.record.key;
  const surroundings = await loadSurroundings(tx, closure, [], keyOf);
  const idOf = new Map([...closure.stored.values()].map((stored) => [stored.record.key, stored.head.id]));
  let minted = 0;
  const input = planInput({
    closure, around: surroundings, idOf, judgement, now, touched: [...surroundings.assets.keys()], active: [...next].map(([id, record]) => ({ id, record, removed: false })), newMoves: [], changed: new Set([...next.values()].map((record) => record.key)),
    mint: () => ({ id: `new-${++minted}`, seq: Number.MAX_SAFE_INTEGER - 1_000_000 + minted }),
  });
  return { plan: planPage({ ...input, asOfOf: (asset) => asset.asOf }), surroundings, followed: closure.followed };
}
