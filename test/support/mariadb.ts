import { randomBytes } from 'node:crypto';
import { createConnection, type Connection } from 'mysql2/promise';

export { startMariadb, type MariadbServer } from './mariadb-server.mjs';

/** A database of its own on the server that the suite was given. */
export interface TestDatabase {
  readonly name: string;
  /** For `database.url` of a configuration, or for a driver. */
  readonly url: string;
  drop(): Promise<void>;
}

/** The server of `npm run test:mysql`. A suite that needs it fails without it: a database that was not tested is not a database that works. */
export function mysqlServerUrl(): string {
  const url = process.env['LOCKSTEP_TEST_MYSQL_URL'];
  if (!url) throw new Error('LOCKSTEP_TEST_MYSQL_URL is not set: run this suite by `npm run test:mysql`, which starts a MariaDB of its own');
  return url;
}

/** Makes an empty database `lockstep_test_<random>` on `server`. */
export async function createTestDatabase(server: string = mysqlServerUrl()): Promise<TestDatabase> {
  const name = `lockstep_test_${randomBytes(6).toString('hex')}`;
  await withConnection(server, (connection) => connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: async () => {
      await withConnection(server, (connection) => connection.query(`DROP DATABASE ${name}`));
    },
  };
}

async function withConnection(server: string, use: (connection: Connection) => Promise<unknown>): Promise<void> {
  const connection = await createConnection(server);
  try {
    await use(connection);
  } finally {
    await connection.end();
  }
}
