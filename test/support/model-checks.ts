import type { Database } from '../../src/database/database.js';
import type { Row, Tx } from '../../src/database/tx.js';

/**
 * What must hold in any database after its work is done, whatever happened to the processes that did it. Complaints in
 * words; none: it is sound. `settled: false` leaves out what only the end of a run puts in order.
 */
export const complaintsOf = (database: Database, options: { readonly settled?: boolean } = {}): Promise<string[]> => database.read((tx) => complaintsIn(tx, options));

export async function complaintsIn(tx: Tx, { settled = true }: { readonly settled?: boolean } = {}): Promise<string[]> {
  return [
    ...(await integrity(tx)), ...(await orphans(tx)), ...(await redirects(tx)), ...(await changeLog(tx)), ...(await sequences(tx)), ...(await audit(tx)),
    ...(settled ? [...(await runs(tx)), ...(await leftBehind(tx))] : []),
  ];
}

async function integrity(tx: Tx): Promise<string[]> {
  if (tx.dialect !== 'sqlite') return [];
  const rows = await tx.query('PRAGMA integrity_check');
  return rows.map((row) => String(row['integrity_check'])).filter((text) => text !== 'ok').map((text) => `integrity_check: ${text}`);
}

/** `SELECT` of rows that must not be there, and what they are. */
const FORBIDDEN: readonly (readonly [what: string, sql: string])[] = [
  ['an identifier without its record', 'SELECT i.value_key AS a, i.record_id AS b FROM identifiers i LEFT JOIN record_heads h ON h.id = i.record_id WHERE h.id IS NULL'],
  ['an identifier under another stream than its record', 'SELECT i.value_key AS a, i.record_id AS b FROM identifiers i JOIN record_heads h ON h.id = i.record_id WHERE h.stream_id <> i.stream_id'],
  ['an identifier that is live although its record is not, or the other way round', `SELECT i.value_key AS a, h.external_id AS b FROM identifiers i JOIN record_heads h ON h.id = i.record_id WHERE i.live <> (CASE WHEN h.state IN ('live', 'unread') THEN 1 ELSE 0 END)`],
  ['a record in an asset that is not there', 'SELECT h.external_id AS a, h.asset_id AS b FROM record_heads h LEFT JOIN assets x ON x.id = h.asset_id WHERE h.asset_id IS NOT NULL AND x.id IS NULL'],
  ['an accepted record in no asset', `SELECT h.external_id AS a, h.state AS b FROM record_heads h WHERE h.kind = 'asset' AND h.asset_id IS NULL AND h.state NOT IN ('pending', 'withdrawn')`],
  ['a record of another kind in an asset', `SELECT h.external_id AS a, h.asset_id AS b FROM record_heads h WHERE h.kind <> 'asset' AND h.asset_id IS NOT NULL`],
  ['an asset without records', 'SELECT x.id AS a, x.name AS b FROM assets x LEFT JOIN record_heads h ON h.asset_id = x.id WHERE h.id IS NULL'],
  ['an asset whose first record is not its own', 'SELECT x.id AS a, x.anchor_record_id AS b FROM assets x LEFT JOIN record_heads h ON h.id = x.anchor_record_id WHERE h.asset_id IS NULL OR h.asset_id <> x.id'],
  ['a record without a body', `SELECT h.external_id AS a, h.state AS b FROM record_heads h LEFT JOIN record_bodies d ON d.record_id = h.id WHERE d.record_id IS NULL AND h.kind IN ('asset', 'reference') AND h.state <> 'pending'`],
  ['a record without a scope', 'SELECT h.external_id AS a, h.scope_id AS b FROM record_heads h LEFT JOIN scopes s ON s.id = h.scope_id WHERE s.id IS NULL'],
  ['a record whose newest version is not kept', `SELECT h.external_id AS a, h.version_no AS b FROM record_heads h LEFT JOIN record_versions v ON v.record_id = h.id AND v.no = h.version_no WHERE h.kind = 'asset' AND v.record_id IS NULL`],
  ['a version newer than its record', 'SELECT h.external_id AS a, v.no AS b FROM record_versions v JOIN record_heads h ON h.id = v.record_id WHERE v.no > h.version_no'],
  ...['record_bodies', 'record_versions', 'relationships', 'installations', 'vulnerabilities', 'parked_refs', 'stage_moves', 'agreed_state'].map((table) => [`a row of ${table} without its record`, `SELECT t.record_id AS a, t.record_id AS b FROM ${table} t LEFT JOIN record_heads h ON h.id = t.record_id WHERE h.id IS NULL`] as const),
  ['a relationship that is not kept', `SELECT h.external_id AS a, h.kind AS b FROM record_heads h LEFT JOIN relationships r ON r.record_id = h.id WHERE h.kind = 'relationship' AND r.record_id IS NULL`],
  ['an installation that is not kept', `SELECT h.external_id AS a, h.kind AS b FROM record_heads h LEFT JOIN installations r ON r.record_id = h.id WHERE h.kind = 'installation' AND r.record_id IS NULL`],
  ['an end that waits for a record that has come', `SELECT p.ref_key AS a, p.side AS b FROM parked_refs p JOIN streams st ON p.ref_key LIKE CONCAT(st.source, '/', st.name, '/%') JOIN record_heads h ON h.stream_id = st.id AND CONCAT(st.source, '/', st.name, '/', h.external_id) = p.ref_key`],
  ['a review without records', `SELECT r.kind AS a, r.cause AS b FROM reviews r LEFT JOIN review_records rr ON rr.review_id = r.id WHERE rr.review_id IS NULL`],
  ['a record of a review that is not there', 'SELECT rr.record_key AS a, rr.review_id AS b FROM review_records rr LEFT JOIN reviews r ON r.id = rr.review_id WHERE r.id IS NULL'],
  ['two open reviews of one cause', `SELECT cause AS a, COUNT(*) AS b FROM reviews WHERE status = 'open' GROUP BY cause HAVING COUNT(*) > 1`],
  ['a stream of a run that is not there', 'SELECT s.run_id AS a, s.stream AS b FROM run_streams s LEFT JOIN runs r ON r.id = s.run_id WHERE r.id IS NULL'],
  ['a change by a run that is not there', 'SELECT c.seq AS a, c.run_id AS b FROM changes c LEFT JOIN runs r ON r.id = c.run_id WHERE c.run_id IS NOT NULL AND r.id IS NULL'],
];

async function orphans(tx: Tx): Promise<string[]> {
  const complaints: string[] = [];
  for (const [what, sql] of FORBIDDEN) {
    const rows = await tx.query(tx.dialect === 'sqlite' ? sql.replace(/CONCAT\(([^()]*)\)/g, (_, list: string) => `(${list.split(', ').join(' || ')})`) : sql);
    if (rows.length > 0) complaints.push(`${what}: ${rows.slice(0, 3).map((row) => `${row['a']} (${row['b']})`).join(', ')}${rows.length > 3 ? ` and ${rows.length - 3} more` : ''}`);
  }
  return complaints;
}

/** Old ids lead in one step to an asset that is there. */
async function redirects(tx: Tx): Promise<string[]> {
  const rows = await tx.query('SELECT r.old_id AS a, r.new_id AS b, next.new_id AS further, alive.id AS still, target.id AS target FROM asset_redirects r LEFT JOIN asset_redirects next ON next.old_id = r.new_id LEFT JOIN assets alive ON alive.id = r.old_id LEFT JOIN assets target ON target.id = r.new_id');
  return rows.flatMap((row) => [
    ...(row['further'] !== null ? [`the redirect ${row['a']} -> ${row['b']} leads on to ${row['further']}`] : []),
    ...(row['still'] !== null ? [`the asset ${row['a']} is there although it leads to ${row['b']}`] : []),
    ...(row['target'] === null && row['further'] === null ? [`the redirect ${row['a']} leads to ${row['b']}, which is not there`] : []),
  ]);
}

/** Words of the log that say what happened to the asset, not to one of its values. */
const EVENTS = new Set(['created', 'merged', 'split', 'withdrawn']);

/** Without duplicates or gaps: each value begins where the one before ended, and the last is what the asset says now. */
async function changeLog(tx: Tx): Promise<string[]> {
  const complaints: string[] = [];
  const rows = await tx.query('SELECT seq, asset_id, attribute, before_value, after_value FROM changes ORDER BY seq');
  rows.forEach((row, i) => {
    if (Number(row['seq']) !== i + 1) complaints.push(`the change log jumps to ${row['seq']} at its place ${i + 1}`);
  });
  const last = new Map<string, string>();
  const created = new Map<string, number>();
  for (const row of rows) {
    const [asset, attribute, before, after] = [row['asset_id'] as string, row['attribute'] as string, canonical(row['before_value']), canonical(row['after_value'])];
    if (attribute === 'created') {
      created.set(asset, (created.get(asset) ?? 0) + 1);
      const first = JSON.parse(row['after_value'] as string) as { class: unknown; stage: unknown };
      last.set(`${asset} class`, canonical(JSON.stringify(first.class)));
      last.set(`${asset} stage`, canonical(JSON.stringify(first.stage)));
    }
    if (EVENTS.has(attribute)) continue;
    const key = `${asset} ${attribute}`;
    const known = last.get(key);
    if (before === after) complaints.push(`change ${row['seq']} of ${key} changes nothing: ${before}`);
    if (known !== undefined && known !== before) complaints.push(`change ${row['seq']} of ${key} begins at ${before}, but ${known} was there`);
    last.set(key, after);
  }
  for (const [asset, times] of created) if (times > 1) complaints.push(`${asset} was created ${times} times`);
  for (const row of await tx.query('SELECT id, class, stage, holds, attributes FROM assets')) complaints.push(...(await presentOf(row, last, created)));
  return complaints.slice(0, 20);
}

async function presentOf(row: Row, last: ReadonlyMap<string, string>, created: ReadonlyMap<string, number>): Promise<string[]> {
  const id = row['id'] as string;
  const attributes = JSON.parse(row['attributes'] as string) as Record<string, unknown>;
  const present = new Map<string, string>([['class', canonical(JSON.stringify(row['class']))], ['stage', canonical(JSON.stringify(row['stage']))], ['holds', row['holds'] === null ? '[]' : canonical(row['holds'])]]);
  const complaints = created.has(id) ? [] : [`${id} is there, but the log does not tell of its beginning`];
  for (const [key, said] of last) {
    if (!key.startsWith(`${id} `)) continue;
    const attribute = key.slice(id.length + 1);
    const now = present.get(attribute) ?? canonical(JSON.stringify(attributes[attribute] ?? null));
    if (now !== said) complaints.push(`${key} is ${now}, but the log ends at ${said}`);
  }
  return complaints;
}

/** JSON with sorted keys: the order in which a value was built says nothing. */
function canonical(text: unknown): string {
  if (text === null || text === undefined) return 'null';
  const sort = (value: unknown): unknown => (Array.isArray(value) ? value.map(sort) : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sort(each)])) : value);
  return JSON.stringify(sort(JSON.parse(text as string)));
}

const NUMBERED: Readonly<Record<string, string>> = { records: 'SELECT MAX(id) AS n FROM record_heads', assets: 'SELECT MAX(seq) AS n FROM assets', changes: 'SELECT MAX(seq) AS n FROM changes', reviews: 'SELECT MAX(id) AS n FROM reviews', streams: 'SELECT MAX(id) AS n FROM streams', scopes: 'SELECT MAX(id) AS n FROM scopes', quarantine: 'SELECT MAX(id) AS n FROM quarantine', fences: 'SELECT MAX(fence) AS n FROM leases', runs: 'SELECT MAX(seq) AS n FROM runs' };

/** A number that was given is never given again. */
async function sequences(tx: Tx): Promise<string[]> {
  const next = new Map((await tx.query('SELECT name, next FROM sequences')).map((row) => [row['name'] as string, Number(row['next'])]));
  const complaints: string[] = [];
  for (const [name, sql] of Object.entries(NUMBERED)) {
    const [row] = await tx.query(sql);
    const given = Number(row?.['n'] ?? 0);
    if (given >= (next.get(name) ?? 1)) complaints.push(`the sequence ${name} would give ${next.get(name) ?? 1} again: ${given} is taken`);
  }
  return complaints;
}

async function audit(tx: Tx): Promise<string[]> {
  const rows = await tx.query('SELECT seq, prev_hash, hash FROM audit ORDER BY seq');
  return rows.flatMap((row, i) => (i > 0 && row['prev_hash'] !== rows[i - 1]?.['hash'] ? [`the audit is broken before ${row['seq']}`] : []));
}

/** No run is left running; what calls itself succeeded has handled what it read. */
async function runs(tx: Tx): Promise<string[]> {
  const complaints: string[] = [];
  for (const row of await tx.query('SELECT id, source, status, finished_at, report FROM runs')) {
    if (row['status'] === 'running' || row['finished_at'] === null) complaints.push(`run ${row['id']} of ${row['source']} is ${row['status']}, although nobody runs it`);
    if (row['status'] !== 'succeeded') continue;
    const streams = await tx.query('SELECT stream, status, counts FROM run_streams WHERE run_id = ?', [row['id'] as string]);
    for (const stream of streams) {
      const counts = JSON.parse(stream['counts'] as string) as Record<string, number>;
      if (stream['status'] !== 'done') complaints.push(`run ${row['id']} succeeded, but its stream ${stream['stream']} is ${stream['status']}`);
      if (counts['read'] !== counts['unchanged']! + counts['changed']! + counts['quarantined']! + counts['filtered']!) complaints.push(`run ${row['id']} succeeded, but ${stream['stream']} handled less than it read: ${stream['counts']}`);
    }
    if (streams.length === 0) complaints.push(`run ${row['id']} succeeded without a stream`);
  }
  return complaints;
}

/** No lease held, nothing waiting for the end of a run that is over. */
async function leftBehind(tx: Tx): Promise<string[]> {
  const leases = await tx.query('SELECT name, holder FROM leases WHERE holder IS NOT NULL');
  const waiting = await tx.query(`SELECT h.external_id AS id, v.run_id AS run FROM record_versions v JOIN record_heads h ON h.id = v.record_id WHERE v.state = 'waiting'`);
  return [
    ...leases.map((row) => `the lease ${row['name']} is still held by ${row['holder']}`),
    ...(waiting.length > 0 ? [`${waiting.length} versions wait for the end of a run that is over, e.g. ${waiting[0]?.['id']} of ${waiting[0]?.['run']}`] : []),
  ];
}

/** Rows of the tables that a sync with nothing new must leave as they are. */
export async function countsOf(database: Database): Promise<Record<string, number>> {
  const tables = ['assets', 'record_heads', 'record_bodies', 'record_versions', 'identifiers', 'stage_moves', 'relationships', 'installations', 'vulnerabilities', 'parked_refs', 'changes', 'reviews', 'review_records', 'quarantine', 'audit', 'asset_redirects', 'value_marks', 'scopes', 'streams'];
  return database.read(async (tx) => {
    const counts: Record<string, number> = {};
    for (const table of tables) counts[table] = Number((await tx.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.['n']);
    return counts;
  });
}
