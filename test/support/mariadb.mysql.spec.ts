import { createConnection } from 'mysql2/promise';
import { createTestDatabase, mysqlServerUrl, startMariadb } from './mariadb.js';

/** Only a server can show that it is our own and that it survives a kill: SQLite has no such thing. */
describe('the MariaDB of the suites', () => {
  it('gives an empty database and takes it away again', async () => {
    const database = await createTestDatabase();
    const connection = await createConnection(database.url);
    const [tables] = await connection.query('SHOW TABLES');
    await connection.end();
    await database.drop();

    expect(database.name).toMatch(/^lockstep_test_[0-9a-f]{12}$/);
    expect(tables).toEqual([]);
    await expect(createConnection(database.url)).rejects.toThrow(/Unknown database|Access denied/);
  });

  it('lets nobody make a database of another name', async () => {
    const connection = await createConnection(mysqlServerUrl());

    await expect(connection.query('CREATE DATABASE production')).rejects.toThrow(/Access denied/);
    await connection.end();
  });

  it('keeps what was committed before a kill, on the same port', async () => {
    const server = await startMariadb();
    try {
      const database = await createTestDatabase(server.url);
      const before = await createConnection(database.url);
      await before.query('CREATE TABLE kept (id INT PRIMARY KEY) ENGINE=InnoDB');
      await before.query('INSERT INTO kept VALUES (7)');
      before.on('error', () => undefined);
      await server.kill();
      await server.restart();
      const after = await createConnection(database.url);
      const [rows] = await after.query('SELECT id FROM kept');
      await after.end();

      expect(rows).toEqual([{ id: 7 }]);
    } finally {
      await server.stop();
    }
  });

  it('does not start twice over', async () => {
    const server = await startMariadb();
    try {
      await expect(server.restart()).rejects.toThrow(/still runs/);
    } finally {
      await server.stop();
    }
  });
});
