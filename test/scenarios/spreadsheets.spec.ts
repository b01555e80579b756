import { Workshop } from './workshop.js';

const SOURCES = { sheet: 'role: itsm\noptions: { path: sheet.csv }' };

describe('spreadsheets', () => {
  let shop: Workshop;
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('tell what of their rows was left out, the rest of which counts', async () => {
    shop = await Workshop.calm(SOURCES);
    shop.file('sheet.csv', 'id,class,name,cost,warranty_expires_on,currency\n1,server,a,12.50,31.12.2027,eur\n2,wombat,b,,,Euro\n3,server,c,1250,2027-12-31,EUR\n');
    const { sheet } = await shop.sync();

    expect(sheet).toMatchObject({ status: 'succeeded', streams: { records: { read: 3, changed: 3 } }, warnings: [expect.stringMatching(/^records: 2 records hold something that cannot be read as it stands, the first: .*sheet\.csv, line 2: cost is no whole number of minor units \(cents\) and is not claimed$/)] });
    expect((await shop.asset('sheet/1')).attributes).toEqual({ name: 'a', currency: 'EUR' });
    expect((await shop.asset('sheet/3')).attributes).toEqual({ name: 'c', cost: 1250, currency: 'EUR', warranty_expires_on: '2027-12-31' });
    expect((await shop.sync())['sheet']?.warnings).toEqual([]);
  });

  it('keep rows without an id apart by their lines, for nothing else tells them', async () => {
    shop = await Workshop.calm({ sheet: 'role: itsm\noptions: { path: sheet.ndjson }' });
    shop.file('sheet.ndjson', '{"id":"1","class":"server"}\nnonsense\n{"name":"a"}\nnonsense\n{"name":"a"}\n');
    const { sheet } = await shop.sync();

    expect(sheet).toMatchObject({ status: 'partial', streams: { records: { read: 5, changed: 1, quarantined: 4 } } });
    expect((await shop.operations.quarantine({}, 100)).map(({ reason }) => /line \d/.exec(reason)?.[0]).sort()).toEqual(['line 2', 'line 3', 'line 4', 'line 5']);
  });

  it('name a class that is none, until the configuration adds it', async () => {
    shop = await Workshop.calm(SOURCES);
    shop.file('sheet.csv', 'id,class\n1,Rack Server\n');
    expect((await shop.sync())['sheet']?.warnings).toEqual(['records: 1 record holds something that cannot be read as it stands: 1: "rack_server" is no class; identity.classes can add it']);
    await shop.reconfigure({ yaml: 'identity: { classes: { rack_server: server } }' });
    shop.file('sheet.csv', 'id,class,name\n1,Rack Server,a\n');

    expect((await shop.sync())['sheet']?.warnings).toEqual([]);
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
