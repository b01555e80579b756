import { statementsOfBatches } from './statements.js';

it('a batch costs the same statements whatever it holds', async () => {
  const batches = await statementsOfBatches(async () => ({ url: 'sqlite::memory:', drop: async () => undefined }));

  expect(batches.map(({ phase }) => phase)).toHaveLength(6);
  for (const { phase, small, large } of batches) expect({ phase, statements: large }).toEqual({ phase, statements: small });
});
