import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../database/database.js';
import { TABLES } from '../database/schema.js';
import { openEngine, type Engine, type EngineOptions } from '../engine/engine.js';

/** The engine on a copy of the model, thrown away afterwards: cursors, inbox and claims of the original stay untouched. */
export async function onScratch<T>(options: EngineOptions, work: (engine: Engine) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-plan-'));
  const path = join(folder, 'scratch.db');
  try {
    await copyModel(options, path);
    const engine = await openEngine({ ...options, url: `sqlite:${path}`, readonly: false });
    try {
      return await work(engine);
    } finally {
      await engine.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function copyModel(options: EngineOptions, path: string): Promise<void> {
  const url = options.url ?? options.config.database.url;
  if (url.startsWith('sqlite:')) {
    // Before the first sync there is nothing to copy.
    if (!existsSync(url.slice('sqlite:'.length))) return;
    const original = await Database.open({ url, readonly: true });
    try {
      await original.backupTo(path);
    } finally {
      await original.close();
    }
    return;
  }
  const [original, copy] = [await Database.open({ url }), await Database.open({ url: `sqlite:${path}` })];
  try {
    for (const table of TABLES) await copyTable(original, copy, table.name, Object.keys(table.columns), table.primary);
  } finally {
    await original.close();
    await copy.close();
  }
}

/** In pages by key, so that memory does not grow with the table. */
async function copyTable(from: Database, to: Database, table: string, columns: readonly string[], primary: readonly string[]): Promise<void> {
  const list = columns.map((column) => `${table}.${column}`).join(', ');
  let last: (string | number)[] | undefined;
  for (;;) {
    const beyond = last === undefined ? '' : ` WHERE (${primary.join(', ')}) > (${primary.map(() => '?').join(', ')})`;
    const rows = await from.read((tx) => tx.query(`SELECT ${list} FROM ${table}${beyond} ORDER BY ${primary.join(', ')} LIMIT 1000`, last ?? []));
    if (rows.length === 0) return;
    await to.transaction((tx) => tx.insertMany(table, columns, rows.map((row) => columns.map((column) => row[column]))));
    last = primary.map((column) => rows.at(-1)?.[column] as string | number);
  }
}
