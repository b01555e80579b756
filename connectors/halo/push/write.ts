import { NotFoundError, PermissionError, RejectedError, ConflictError, type FetchedOne, type RecordWrite, type WriteOutcome } from '../../sdk/contract/index.js';
import { assetsQuery } from '../changes.js';
import { chunks, get, PAGE_SIZE, readAll, sendAssets } from '../list.js';
import type { HaloClient, Refusal } from '../session.js';
import { enrich, fetchOne } from '../streams/assets.js';
import { idOf, isRow, nameOf, rowId, rowsOf, type AssetRaw, type Row } from '../types.js';
import { bodyOf, standing, wanted, wishesOf, type Place, type Wish } from './columns.js';
import { refused } from './names.js';
import { beforeSending, outcomeOf } from './outcome.js';
import { stageWishes } from './stage.js';

const STREAM = 'assets';
/** Ids in one request: a URL of 15 digits each stays below 2 kB, and a list that is one short of a page is known to be over. */
const IDS = PAGE_SIZE - 1;

/** One record, and what of it is to change. */
interface Plan { readonly id: number; readonly type: number; readonly wishes: readonly Wish[] }

/** A write in properties, or why it cannot be one. */
export async function planOf(client: HaloClient, { externalId, current, fields, stage }: RecordWrite<AssetRaw>): Promise<Plan | Refusal> {
  const [id, type] = [idOf(externalId), idOf(current['assettype_id'])];
  // without an id it would be a new asset
  if (id === undefined || rowId(current) !== id) return refused(`${externalId.slice(0, 80)} is no id of the asset that was read`, 'Link the asset to the right record.');
  if (type === undefined) return refused(`asset ${id} has no type`, 'Give the asset a type in Halo.');
  const ofClient = idOf(current['client_id']);
  const settings = await typeOf(client, id, type, nameOf(current.type));
  if ('refusal' in settings) return settings as Refusal;
  const place: Place = { client, stream: STREAM, type: settings, current, customs: rowsOf(current['customfields']), ...(ofClient !== undefined && { ofClient }) };
  const wishes = await gather(place, fields, stage);
  return 'refusal' in wishes ? wishes : { id, type, wishes };
}

/**
 * Access control of asset types decides what an agent sees (https://haloitsm.com/guides/article/?kbid=1368). A type that is
 * not given says nothing of whether its assets are there, nor of those of other types that are written with them.
 */
async function typeOf(client: HaloClient, id: number, type: number, name: string | undefined): Promise<Row | Refusal> {
  try {
    return await client.catalogue.typeDetails(client, type, STREAM);
  } catch (error) {
    if (!(error instanceof NotFoundError) && !(error instanceof PermissionError)) throw error;
    return refused(`${name ?? `type ${type}`}, the asset type of asset ${id}, is not given: hidden from this agent, or deleted`, "Let the access control of the asset type and the role of the application's agent show it.");
  }
}

/** No property may be told two things. */
export async function gather(place: Place, fields: RecordWrite['fields'], stage: RecordWrite['stage']): Promise<readonly Wish[] | Refusal> {
  const said = new Map<string, Wish>();
  for (const one of [...fields.map((field) => wishesOf(field, place)), ...(stage === undefined ? [] : [stageWishes(stage.stage, stage.codes, place)])]) {
    const wishes = await one;
    if ('refusal' in wishes) return wishes;
    for (const wish of wishes) {
      const key = `${wish.at} ${wish.key}`;
      const before = said.get(key);
      if (before !== undefined && wanted(before) !== wanted(wish)) {
        return refused(`${wish.label} is to say both ${String(before.value)} and ${String(wish.value)}`, 'Two attributes are kept in this field: push one of them, or resolve both alike.');
      }
      said.set(key, wish);
    }
  }
  return [...said.values()];
}

/**
 * Halo has neither versions nor If-Match: what changed since it was read is found by reading once more, right before. Only
 * what is about to be overwritten is worth a conflict.
 */
export async function write(client: HaloClient, writes: readonly RecordWrite<AssetRaw>[]): Promise<WriteOutcome[]> {
  const outcomes = new Map<number, WriteOutcome>();
  const plans = new Map<number, Plan>();
  let rows: ReadonlyMap<number, Row>;
  try {
    for (const [at, one] of writes.entries()) {
      const plan = await planOf(client, one);
      if ('refusal' in plan) outcomes.set(at, { kind: 'refused', error: plan.refusal });
      else plans.set(at, plan);
    }
    rows = await rowsAsTheyAre(client, [...plans.values()]);
  } catch (error) {
    const outcome = beforeSending(error);
    return writes.map((_, at) => outcomes.get(at) ?? outcome);
  }
  const due: { readonly at: number; readonly plan: Plan }[] = [];
  for (const [at, plan] of plans) {
    const row = rows.get(plan.id);
    const changed = row === undefined ? undefined : plan.wishes.find((wish) => standing(writes[at]!.current, wish) !== standing(row, wish));
    if (row === undefined) outcomes.set(at, { kind: 'gone', reason: `asset ${plan.id} is no longer given: deleted, or hidden from this agent` });
    else if (changed !== undefined || idOf(row['assettype_id']) !== plan.type) outcomes.set(at, { kind: 'conflict', reason: `${changed?.label ?? 'the type'} of asset ${plan.id} changed since it was read` });
    else due.push({ at, plan });
  }
  const sent = await send(client, due.map(({ plan }) => plan));
  for (const [nth, { at }] of due.entries()) outcomes.set(at, sent[nth]!);
  return writes.map((_, at) => outcomes.get(at)!);
}

const holds = (row: Row, { wishes }: Plan): boolean => wishes.every((wish) => standing(row, wish) === wanted(wish));
const elementOf = ({ id, wishes }: Plan): Row => ({ id, ...bodyOf(wishes) });

/** One outcome each. What stays of an array of which one element is refused is not documented: it is read, and the rest is sent one by one. */
async function send(client: HaloClient, plans: readonly Plan[]): Promise<WriteOutcome[]> {
  if (plans.length === 0) return [];
  try {
    await sendAssets(client, plans.map(elementOf), STREAM);
    return plans.map(() => ({ kind: 'accepted' }));
  } catch (error) {
    const isRefusal = error instanceof RejectedError || error instanceof PermissionError || error instanceof NotFoundError || error instanceof ConflictError;
    if (!isRefusal || plans.length === 1) { const outcome = outcomeOf(error); return plans.map(() => outcome); }
  }
  let rows: ReadonlyMap<number, Row>;
  try {
    rows = await rowsAsTheyAre(client, plans);
  } catch (error) {
    const outcome = beforeSending(error);
    return plans.map(() => ({ kind: 'unknown', reason: `part of a refused array may have been kept: ${outcome.kind === 'retry' ? outcome.reason : outcome.error.message}` }));
  }
  const outcomes: WriteOutcome[] = [];
  for (const plan of plans) {
    const row = rows.get(plan.id);
    if (row === undefined) outcomes.push({ kind: 'gone', reason: `asset ${plan.id} is no longer given: deleted, or hidden from this agent` });
    else outcomes.push(...(holds(row, plan) ? [{ kind: 'accepted' as const }] : await send(client, [plan])));
  }
  return outcomes;
}

/** Rows of assets whose type is known, by the list that has their fields: one request for 99 of a type. What the list lacks is asked for by its id. */
export async function rowsAsTheyAre(client: HaloClient, wantedRows: readonly { readonly id: number; readonly type: number }[]): Promise<Map<number, Row>> {
  const rows = new Map<number, Row>();
  const types = new Map<number, number[]>();
  for (const { id, type } of wantedRows) types.set(type, [...types.get(type) ?? [], id]);
  for (const [type, all] of types) {
    for (const ids of chunks(all, IDS)) {
      for (const row of await readAll(client, assetsQuery(STREAM, { assettype_id: type, includeassetfields: 'true', assets: ids.join(',') }))) {
        const id = rowId(row);
        if (id !== undefined && ids.includes(id)) rows.set(id, row);
      }
    }
  }
  for (const { id } of wantedRows) {
    if (rows.has(id)) continue;
    const response = await get(client, `/api/Asset/${id}`, { includedetails: 'true' }, STREAM, [404]);
    const row: unknown = response.status === 404 ? undefined : response.json();
    if (isRow(row)) rows.set(id, row);
  }
  return rows;
}

/** As a pass gives them: by the lists, and by their id where those do not show them (yet). */
export async function fetchMany(client: HaloClient, externalIds: readonly string[]): Promise<Map<string, FetchedOne<AssetRaw>>> {
  const found = new Map<string, FetchedOne<AssetRaw>>();
  const ids = [...new Set(externalIds.flatMap((id) => idOf(id) ?? []))];
  for (const chunk of chunks(ids, IDS)) {
    const typed = (await readAll(client, assetsQuery(STREAM, { assets: chunk.join(',') }))).flatMap((row) => {
      const [id, type] = [rowId(row), idOf(row['assettype_id'])];
      return id === undefined || type === undefined || !chunk.includes(id) ? [] : [{ id, type }];
    });
    const rows = [...(await rowsAsTheyAre(client, typed)).values()];
    for (const [nth, raw] of (await enrich(client, rows, STREAM)).entries()) found.set(String(rowId(rows[nth])), { kind: 'found', raw });
  }
  for (const id of externalIds) if (!found.has(id)) found.set(id, await fetchOne(client, id));
  return found;
}
