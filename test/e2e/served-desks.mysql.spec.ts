import { createTestDatabase } from '../support/mariadb.js';
import { describeServedDesks, ServedDesks } from './served-desks.js';

// Several services share a database only where it is no file.
let drop: () => Promise<void>;
describeServedDesks('two desks and services that share a database: one takes deliveries, two work', async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  return ServedDesks.open(database.url, ['api', 'worker', 'worker']);
});
afterAll(() => drop?.());
