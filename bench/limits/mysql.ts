import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { START } from '../fleet.js';
import { assetValues, batches, canonicalOf, COLUMNS, identifierRows, rowsOf, type LimitCase, type Row, type Timed, type Value } from './rows.js';

const BATCH = 500;

const SCHEMA = [
  `CREATE TABLE limit_assets (id BIGINT PRIMARY KEY, ${COLUMNS.map((column) => `${column} VARCHAR(100)`).join(', ')}, doc LONGTEXT)`,
  'CREATE TABLE limit_identifiers (kind VARCHAR(20), value VARCHAR(100), asset_id BIGINT, live TINYINT, PRIMARY KEY (kind, value, asset_id))',
  'CREATE TABLE limit_records (id BIGINT PRIMARY KEY, external_id VARCHAR(100), asset_id BIGINT, hash VARCHAR(64), seen BIGINT, raw LONGTEXT, UNIQUE KEY (external_id))',
  'CREATE TABLE limit_history (seq BIGINT AUTO_INCREMENT PRIMARY KEY, asset_id BIGINT, at BIGINT, what VARCHAR(20))',
];

/** What mysql2 and MariaDB take at most on one connection with nothing in between: many rows a statement, one transaction a batch. */
export async function mysqlLimit({ name, records, url }: LimitCase, timed: Timed): Promise<void> {
  const db = await createConnection(url);
  try {
    for (const sql of SCHEMA) await db.query(sql);
    const first = rowsOf(records, START);
    if (name === 'L1') return await timed.run(() => inBatches(db, first, (batch) => saveAssets(db, batch)));
    if (name === 'L2') return await timed.run(() => inBatches(db, first, (batch) => sync(db, batch, 1)));
    await inBatches(db, first, (batch) => sync(db, batch, 1));
    const next = rowsOf(records, name === 'L3' ? START : name === 'L4' ? { all: 0, some: 1 } : { all: 1, some: 0 });
    return await timed.run(() => inBatches(db, next, (batch) => sync(db, batch, 2)));
  } finally {
    await db.end();
  }
}

async function inBatches(db: Connection, rows: readonly Row[], one: (batch: readonly Row[]) => Promise<void>): Promise<void> {
  for (const batch of batches(rows, BATCH)) {
    await db.query('START TRANSACTION');
    await one(batch);
    await db.query('COMMIT');
  }
}

async function insert(db: Connection, into: string, rows: readonly (readonly Value[])[], update: string): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const one = `(${first.map(() => '?').join(',')})`;
  await db.query(`INSERT INTO ${into} VALUES ${Array<string>(rows.length).fill(one).join(',')}${update}`, rows.flat());
}

const updating = (columns: readonly string[]): string => ` ON DUPLICATE KEY UPDATE ${columns.map((column) => `${column} = VALUES(${column})`).join(', ')}`;

async function saveAssets(db: Connection, batch: readonly Row[]): Promise<void> {
  await insert(db, 'limit_assets', batch.map(assetValues), updating([...COLUMNS, 'doc']));
  await insert(db, 'limit_identifiers', batch.flatMap(identifierRows), updating(['live']));
}

async function sync(db: Connection, batch: readonly Row[], pass: number): Promise<void> {
  const canonical = new Map(batch.map((row) => [row.id, canonicalOf(row)]));
  const [stored] = await db.query<RowDataPacket[]>('SELECT id, hash FROM limit_records WHERE external_id IN (?)', [batch.map(({ raw }) => raw.id)]);
  const hashes = new Map(stored.map((row) => [Number(row['id']), row['hash'] as string]));
  const same = batch.filter((row) => hashes.get(row.id) === canonical.get(row.id)?.hash);
  const changed = batch.filter((row) => hashes.get(row.id) !== canonical.get(row.id)?.hash);
  if (same.length > 0) await db.query('UPDATE limit_records SET seen = ? WHERE id IN (?)', [pass, same.map(({ id }) => id)]);
  if (changed.length === 0) return;
  await db.query('SELECT kind, value, asset_id FROM limit_identifiers WHERE (kind, value) IN (?)', [changed.flatMap(identifierRows).map(([kind, value]) => [kind, value])]);
  await saveAssets(db, changed);
  await insert(db, 'limit_records', changed.map((row) => [row.id, row.raw.id, row.id, canonical.get(row.id)?.hash ?? '', pass, canonical.get(row.id)?.text ?? '']), updating(['hash', 'seen', 'raw']));
  await insert(db, 'limit_history (asset_id, at, what)', changed.map(({ id }) => [id, pass, 'changed']), '');
}
