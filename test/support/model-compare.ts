import type { Database } from '../../src/database/database.js';
import type { Row, Tx } from '../../src/database/tx.js';

/** A record's name, comparable by its parts: (source, stream, external id) by code unit. */
export type Key = string;

export interface ComparedAsset {
  /** `<record key> <state>`, sorted: the partition and what is still there. */
  readonly records: readonly string[];
  readonly class: string | null;
  readonly stage: string;
  readonly ownStage: string;
  readonly holds: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  /** Values by which its records are found; a value of a record that is gone counts no more. */
  readonly identifiers: readonly string[];
  /** `<origin> -> <stage>`, in order. */
  readonly moves: readonly string[];
}

/**
 * A database as rule 10 of identity compares it: each asset named by its smallest record; ids, numbers of rows, runs and
 * times of observation left out. Read by SQL of its own, so that a mistake of the repositories cannot hide itself.
 */
export interface ComparedModel {
  readonly assets: Readonly<Record<Key, ComparedAsset>>;
  /** Records that are in no asset: waiting, or no assets at all. */
  readonly others: readonly string[];
  readonly relationships: readonly string[];
  readonly installations: readonly string[];
  readonly vulnerabilities: readonly string[];
  readonly references: readonly string[];
  readonly quarantine: readonly string[];
  /** Open ones: kind, cause, records. */
  readonly reviews: readonly string[];
  readonly sharedValues: readonly string[];
}

export const readModel = (database: Database): Promise<ComparedModel> => database.read(modelIn);

interface Named { readonly key: Key; readonly parts: readonly [string, string, string]; readonly row: Row }

export async function modelIn(tx: Tx): Promise<ComparedModel> {
  const heads = new Map<number, Named>();
  for (const row of await tx.query('SELECT h.*, st.source AS source, st.name AS stream FROM record_heads h JOIN streams st ON st.id = h.stream_id')) {
    const parts = [row['source'], row['stream'], row['external_id']] as const;
    heads.set(Number(row['id']), { key: parts.join('/'), parts, row });
  }
  const members = new Map<string, Named[]>();
  for (const named of heads.values()) {
    const asset = named.row['asset_id'] as string | null;
    if (asset === null) continue;
    const list = members.get(asset);
    if (list) list.push(named);
    else members.set(asset, [named]);
  }
  const keyOfAsset = new Map([...members].map(([id, records]) => [id, smallest(records)]));
  const assetOfRecord = (id: unknown): string => {
    const head = id === null ? undefined : heads.get(Number(id));
    if (!head) return '(not arrived)';
    return head.row['asset_id'] === null ? head.key : `asset ${keyOfAsset.get(head.row['asset_id'] as string)}`;
  };
  const [identifiers, moves] = [await identifiersOf(tx), await movesOf(tx)];

  const assets: Record<Key, ComparedAsset> = Object.create(null) as Record<Key, ComparedAsset>;
  for (const row of await tx.query('SELECT * FROM assets')) {
    const records = members.get(row['id'] as string) ?? [];
    const ids = records.map((record) => Number(record.row['id']));
    assets[records.length === 0 ? `(no record) ${row['id']}` : smallest(records)] = {
      records: records.map((record) => `${record.key} ${record.row['state']}`).sort(byCodeUnit), class: row['class'], stage: row['stage'], ownStage: row['own_stage'],
      holds: [...parsed<string[]>(row['holds'], [])].sort(byCodeUnit), attributes: sorted(parsed(row['attributes'], {})), flags: sorted(parsed(row['flags'], {})),
      identifiers: [...new Set(ids.flatMap((id) => identifiers.get(id) ?? []))].sort(byCodeUnit),
      moves: ids.flatMap((id) => moves.get(id) ?? []).sort((a, b) => a.at - b.at || byCodeUnit(a.text, b.text)).map(({ text }) => text),
    };
  }
  const stateOf = (id: unknown): string => String(heads.get(Number(id))?.row['state'] ?? '(no head)');
  const keyOf = (id: unknown): string => heads.get(Number(id))?.key ?? '(no head)';
  const list = (rows: readonly Row[], text: (row: Row) => string): string[] => rows.map(text).sort(byCodeUnit);
  return {
    assets: sorted(assets),
    others: [...heads.values()].filter(({ row }) => row['asset_id'] === null).map(({ key, row }) => `${key} ${row['kind']} ${row['state']}`).sort(byCodeUnit),
    relationships: list(await tx.query('SELECT * FROM relationships'), (row) => `${keyOf(row['record_id'])} ${stateOf(row['record_id'])}: ${assetOfRecord(row['from_record_id'])} ${row['relation']} ${assetOfRecord(row['to_record_id'])}`),
    installations: list(await tx.query('SELECT * FROM installations'), (row) => `${keyOf(row['record_id'])} ${stateOf(row['record_id'])}: ${JSON.stringify([row['product'], row['publisher'], row['product_version'], row['installed_on']])} on ${assetOfRecord(row['on_record_id'])}`),
    vulnerabilities: list(await tx.query('SELECT * FROM vulnerabilities'), (row) => `${keyOf(row['record_id'])} ${stateOf(row['record_id'])}: ${JSON.stringify([row['cve'], row['status'], Number(row['published_at']), row['score'] === null ? null : Number(row['score']), row['severity'], Number(row['known_exploited']), JSON.parse(row['body'])])}`),
    references: list(await tx.query(`SELECT b.record_id, b.body FROM record_bodies b JOIN record_heads h ON h.id = b.record_id WHERE h.kind = 'reference'`), (row) => `${keyOf(row['record_id'])} ${stateOf(row['record_id'])}: ${row['body']}`),
    quarantine: list(await tx.query('SELECT q.*, st.source AS source, st.name AS stream FROM quarantine q JOIN streams st ON st.id = q.stream_id'), (row) => `${row['source']}/${row['stream']} ${row['place']}: ${row['reason']}`),
    reviews: await reviewsOf(tx),
    sharedValues: list(await tx.query('SELECT value_key, mark FROM value_marks'), (row) => `${row['mark']} ${row['value_key']}`),
  };
}

async function identifiersOf(tx: Tx): Promise<Map<number, string[]>> {
  const byRecord = new Map<number, string[]>();
  for (const row of await tx.query('SELECT value_key, record_id, live, maker FROM identifiers')) {
    const id = Number(row['record_id']);
    const text = `${row['value_key']}${Number(row['live']) === 1 ? '' : ' (gone)'}${row['maker'] === null ? '' : ` by ${row['maker']}`}`;
    byRecord.set(id, [...(byRecord.get(id) ?? []), text]);
  }
  return byRecord;
}

async function movesOf(tx: Tx): Promise<Map<number, { readonly at: number; readonly text: string }[]>> {
  const byRecord = new Map<number, { at: number; text: string }[]>();
  for (const row of await tx.query('SELECT record_id, origin_kind, origin, to_stage, at, evidence FROM stage_moves')) {
    const id = Number(row['record_id']);
    byRecord.set(id, [...(byRecord.get(id) ?? []), { at: Number(row['at']), text: `${row['origin_kind']} ${row['origin']} -> ${row['to_stage']}${row['evidence'] === null ? '' : ` (${row['evidence']})`}` }]);
  }
  return byRecord;
}

/** Causes of held sets name their run, which is no part of the model. */
async function reviewsOf(tx: Tx): Promise<string[]> {
  const records = new Map<number, string[]>();
  for (const row of await tx.query(`SELECT rr.review_id AS id, rr.record_key AS record_key FROM review_records rr JOIN reviews r ON r.id = rr.review_id WHERE r.status = 'open'`)) {
    records.set(Number(row['id']), [...(records.get(Number(row['id'])) ?? []), row['record_key'] as string]);
  }
  const rows = await tx.query(`SELECT id, kind, cause FROM reviews WHERE status = 'open'`);
  return rows.map((row) => `${row['kind']} ${String(row['cause']).replace(/\brun-[0-9a-z]+-[0-9a-f]{8}\b/, '<run>')} [${(records.get(Number(row['id'])) ?? []).sort(byCodeUnit).join(', ')}]`).sort(byCodeUnit);
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function smallest(records: readonly Named[]): Key {
  return [...records].sort((a, b) => byCodeUnit(a.parts[0], b.parts[0]) || byCodeUnit(a.parts[1], b.parts[1]) || byCodeUnit(a.parts[2], b.parts[2]))[0]!.key;
}

const parsed = <T>(text: unknown, absent: T): T => (text === null || text === undefined ? absent : (JSON.parse(text as string) as T));

function sorted<T>(object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.keys(object).sort(byCodeUnit).map((key) => [key, object[key] as T]));
}

/** What differs, in words, at most `most` lines; none: the models are equal. */
export function modelDifferences(expected: ComparedModel, actual: ComparedModel, most = 20): string[] {
  const lines: string[] = [];
  for (const key of [...new Set([...Object.keys(expected.assets), ...Object.keys(actual.assets)])].sort(byCodeUnit)) {
    const [want, have] = [expected.assets[key], actual.assets[key]];
    if (!want) lines.push(`asset ${key} is too many: ${JSON.stringify(have?.records)}`);
    else if (!have) lines.push(`asset ${key} is lost: ${JSON.stringify(want.records)}`);
    else for (const part of Object.keys(want) as (keyof ComparedAsset)[]) if (JSON.stringify(want[part]) !== JSON.stringify(have[part])) lines.push(`asset ${key}: ${part} is ${JSON.stringify(have[part])} instead of ${JSON.stringify(want[part])}`);
  }
  for (const part of ['others', 'relationships', 'installations', 'vulnerabilities', 'references', 'quarantine', 'reviews', 'sharedValues'] as const) {
    const [want, have] = [counted(expected[part]), counted(actual[part])];
    for (const [text, times] of want) if ((have.get(text) ?? 0) < times) lines.push(`${part}: lost: ${text}`);
    for (const [text, times] of have) if ((want.get(text) ?? 0) < times) lines.push(`${part}: too many: ${text}`);
  }
  return lines.length <= most ? lines : [...lines.slice(0, most), `and ${lines.length - most} more`];
}

function counted(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
