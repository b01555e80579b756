import { MIGRATIONS } from '../database.js';
import type { Tx } from '../tx.js';

/** How far the database has been migrated, and how far that is from what this version knows. */
export interface SchemaState {
  readonly applied: number;
  /** Known here and not applied, or applied and not known here. */
  readonly differing: number;
}

/** Asks the database, so it proves that it answers as well. */
export async function schemaState(tx: Tx): Promise<SchemaState> {
  const known = new Set<string>(MIGRATIONS.map((migration) => migration.name));
  const applied = new Set((await tx.query('SELECT name FROM migrations')).map((row) => row['name'] as string));
  return { applied: applied.size, differing: [...known].filter((name) => !applied.has(name)).length + [...applied].filter((name) => !known.has(name)).length };
}
