import { Database } from '../../../src/database/database.js';

/** Reads what a process has left behind, without a product of its own. */
export async function look<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await Database.open({ url, readonly: true });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
