import { HEAD_COLUMNS, headOf } from '../../src/database/repositories/rows.js';
import { judgementOf } from '../../src/sync/judgement.js';
import { storeSlice } from '../../src/sync/slice-store.js';
import { Workshop } from './workshop.js';

/** What is missing is decided, vendors are asked, and only then is it stored: meanwhile another source's page may have moved the record to another asset. */
it('tombstones a record where it stands by then, not where it stood when it was found missing', async () => {
  const shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery' });
  try {
    // One after the other: who comes first gives the asset its id, and keeps it.
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', name: 'a' }] });
    await shop.feed({ scan: [{ id: '1', class: 'server', serial_number: 'SN000001', name: 'b' }] });
    const { database } = shop.engine;
    const read = () => database.read(async (tx) => (await tx.query(`SELECT ${HEAD_COLUMNS.map((column) => `h.${column} AS ${column}`).join(', ')} FROM record_heads h JOIN streams st ON st.id = h.stream_id WHERE st.source = 'scan'`)).map(headOf));
    const [found] = await read();
    await shop.decisions.split((found?.assetId as string), ['scan/records/1'], { reason: 'another machine' });
    const [moved] = await read();
    expect(moved?.assetId).not.toBe(found?.assetId);

    const now = shop.clock.now();
    await database.transaction((tx) => storeSlice(tx, [{ kind: 'state', head: found!, state: 'tombstoned', at: now }], judgementOf(shop.engine), { guard: false, firstLoad: false, cause: { kind: 'due' }, runId: null, source: null, now }));

    expect((await read())[0]).toMatchObject({ state: 'tombstoned', assetId: moved?.assetId });
    expect(await shop.differences()).toEqual([]);
  } finally {
    await shop.close();
  }
});
