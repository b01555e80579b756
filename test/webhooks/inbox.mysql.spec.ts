import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { describeInbox } from './inbox.js';

const made: TestDatabase[] = [];
afterAll(async () => { for (const each of made) await each.drop(); });

// There the inbox is a table of the main database, written to by connections beside the gate.
describeInbox('MariaDB', async () => {
  const database = await createTestDatabase();
  made.push(database);
  return database.url;
});
