import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, MIGRATIONS } from '../../src/database/database.js';
import { TABLES } from '../../src/database/schema.js';
import type { DatabaseKind } from '../support/child/kill-stage.js';
import { createTestDatabase } from '../support/mariadb.js';

interface Place {
  readonly url: string;
  remove(): Promise<void>;
}

async function newPlace(kind: DatabaseKind): Promise<Place> {
  if (kind === 'mysql') {
    const { url, drop } = await createTestDatabase();
    return { url, remove: drop };
  }
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-migration-'));
  return { url: `sqlite:${join(folder, 'lockstep.db')}`, remove: async () => rmSync(folder, { recursive: true, force: true }) };
}

/** Every table with its columns, keys and indexes, as the server itself describes it. */
async function schemaOf(database: Database): Promise<readonly string[]> {
  return database.read(async (tx) => {
    if (tx.dialect === 'sqlite') return (await tx.query('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name')).map((row) => row['sql'] as string);
    const tables = (await tx.query(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`)).map((row) => row['name'] as string);
    const made: string[] = [];
    for (const name of tables) made.push(String((await tx.query(`SHOW CREATE TABLE ${name}`))[0]?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''));
    return made;
  });
}

const applied = (database: Database): Promise<string[]> => database.read(async (tx) => (await tx.query('SELECT name FROM migrations ORDER BY id')).map((row) => row['name'] as string));

/** MySQL commits each statement of a schema by itself: whatever has been done when it stops, the next start must go on from there. */
describe.each<DatabaseKind>(['sqlite', 'mysql'])('a migration on %s that stops before its n-th statement', (kind) => {
  it('is made whole by the next start, for every n', async () => {
    const whole = await newPlace(kind);
    let statements = 0;
    let database = await Database.open({ url: whole.url, onSchemaStatement: () => void statements++ });
    const [schema, names] = [await schemaOf(database), await applied(database)];
    await database.close();
    await whole.remove();
    expect(names).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(schema.length).toBeGreaterThan(TABLES.length);
    expect(statements).toBeGreaterThan(TABLES.length);

    for (let n = 1; n <= statements; n++) {
      const place = await newPlace(kind);
      try {
        let left = n;
        await expect(Database.open({
          url: place.url,
          onSchemaStatement: () => {
            if (--left === 0) throw new Error(`stopped before statement ${n}`);
          },
        })).rejects.toThrow(`stopped before statement ${n}`);
        database = await Database.open({ url: place.url });
        expect({ n, schema: await schemaOf(database), names: await applied(database) }).toEqual({ n, schema, names });
        await database.close();
      } finally {
        await place.remove();
      }
    }
  });
});
