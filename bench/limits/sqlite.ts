import Sqlite from 'better-sqlite3';
import { START } from '../fleet.js';
import { assetValues, batches, canonicalOf, COLUMNS, identifierRows, rowsOf, type LimitCase, type Row, type Timed } from './rows.js';

/** One transaction a slice, as the product must: the connection is shared with whoever else writes. */
const SLICE = 200;

const SCHEMA = `
  CREATE TABLE limit_assets (id INTEGER PRIMARY KEY, ${COLUMNS.join(' TEXT, ')} TEXT, doc TEXT);
  CREATE TABLE limit_identifiers (kind TEXT, value TEXT, asset_id INTEGER, live INTEGER, PRIMARY KEY (kind, value, asset_id)) WITHOUT ROWID;
  CREATE TABLE limit_records (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, asset_id INTEGER, hash TEXT, seen INTEGER, raw TEXT);
  CREATE TABLE limit_history (seq INTEGER PRIMARY KEY, asset_id INTEGER, at INTEGER, what TEXT);`;

/** What better-sqlite3 takes at most with nothing in between, at synchronous=FULL. */
export async function sqliteLimit({ name, records, url }: LimitCase, timed: Timed): Promise<void> {
  const db = new Sqlite(url.slice('sqlite:'.length));
  try {
    for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'cache_size = -65536']) db.pragma(pragma);
    db.exec(SCHEMA);
    const marks = (count: number): string => Array<string>(count).fill('?').join(', ');
    const saveAsset = db.prepare(`INSERT INTO limit_assets VALUES (${marks(COLUMNS.length + 2)}) ON CONFLICT (id) DO UPDATE SET ${[...COLUMNS, 'doc'].map((column) => `${column} = excluded.${column}`).join(', ')}`);
    const saveIdentifier = db.prepare('INSERT INTO limit_identifiers VALUES (?, ?, ?, ?) ON CONFLICT (kind, value, asset_id) DO UPDATE SET live = excluded.live');
    const findIdentifier = db.prepare('SELECT asset_id FROM limit_identifiers WHERE kind = ? AND value = ?');
    const saveRecord = db.prepare('INSERT INTO limit_records VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (external_id) DO UPDATE SET hash = excluded.hash, seen = excluded.seen, raw = excluded.raw');
    const findRecord = db.prepare('SELECT id, hash FROM limit_records WHERE external_id = ?');
    const markSeen = db.prepare('UPDATE limit_records SET seen = ? WHERE id = ?');
    const saveHistory = db.prepare('INSERT INTO limit_history (asset_id, at, what) VALUES (?, ?, ?)');

    const write = (row: Row, pass: number, canonical: { readonly text: string; readonly hash: string }): void => {
      for (const [kind, value] of identifierRows(row)) findIdentifier.all(kind, value);
      saveAsset.run(...assetValues(row));
      for (const identifier of identifierRows(row)) saveIdentifier.run(...identifier);
      saveRecord.run(row.id, row.raw.id, row.id, canonical.hash, pass, canonical.text);
      saveHistory.run(row.id, pass, 'changed');
    };
    const bare = (row: Row): void => {
      saveAsset.run(...assetValues(row));
      for (const identifier of identifierRows(row)) saveIdentifier.run(...identifier);
    };
    const sync = (pass: number) => (row: Row): void => {
      const canonical = canonicalOf(row);
      const stored = findRecord.get(row.raw.id) as { id: number; hash: string } | undefined;
      if (stored?.hash === canonical.hash) markSeen.run(pass, stored.id);
      else write(row, pass, canonical);
    };
    const all = (rows: readonly Row[], one: (row: Row) => void): void => {
      for (const slice of batches(rows, SLICE)) db.transaction(() => slice.forEach(one))();
    };

    const first = rowsOf(records, START);
    if (name === 'L1') return await timed.run(() => all(first, bare));
    if (name === 'L2') return await timed.run(() => all(first, sync(1)));
    all(first, sync(1));
    const next = rowsOf(records, name === 'L3' ? START : name === 'L4' ? { all: 0, some: 1 } : { all: 1, some: 0 });
    return await timed.run(() => all(next, sync(2)));
  } finally {
    db.close();
  }
}
