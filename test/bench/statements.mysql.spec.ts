import { createTestDatabase } from '../support/mariadb.js';
import { statementsOfBatches } from './statements.js';

// On this protocol each statement is a round trip: what is one statement for many rows on SQLite could be one for each here.
it('a batch costs the same round trips whatever it holds', async () => {
  const batches = await statementsOfBatches(async () => createTestDatabase());

  expect(batches.map(({ phase }) => phase)).toHaveLength(6);
  for (const { phase, small, large } of batches) expect({ phase, statements: large }).toEqual({ phase, statements: small });
});
