import { Workshop } from './workshop.js';

const SOURCES = { sheet: 'role: itsm\noptions: { path: sheet.csv }' };

describe('spreadsheets', () => {
  let shop: Workshop;
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('take rows that merely stand in other lines for unchanged, whether read or replayed before', async () => {
    shop = await Workshop.calm({ sheet: `${SOURCES.sheet}\nmapping: { records: { environment: { from: env, values: { P: production }, unknown: fail } } }` });
    shop.file('sheet.csv', 'id,class,name,env\n1,server,a,P\n2,server,b,T\n');
    await shop.sync();
    await shop.reconfigure({ sources: { sheet: `${SOURCES.sheet}\nmapping: { records: { environment: { from: env, values: { P: production, T: test }, unknown: fail } } }` } });
    expect(await shop.quarantine.replay({ all: true })).toMatchObject({ replayed: 1, left: 0 });
    await shop.sync();

    shop.file('sheet.csv', 'id,class,name,env\n3,server,c,P\n2,server,b,T\n1,server,a,P\n');
    const { sheet } = await shop.sync();

    expect(sheet?.streams['records']).toMatchObject({ read: 3, changed: 1, unchanged: 2 });
  });
});
