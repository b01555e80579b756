import { Workshop, type Row } from './workshop.js';

const rows = (count: number, more: (at: number) => Row = () => ({})): Row[] => Array.from({ length: count }, (_, at) => ({ id: String(at), class: at % 2 === 0 ? 'server' : 'computer', serial_number: `SN00000${at}`, ...more(at) }));
const CONSERVED = (counts: { read: number; unchanged: number; changed: number; quarantined: number; filtered: number }): void => expect(counts.read).toBe(counts.unchanged + counts.changed + counts.quarantined + counts.filtered);

describe('where, filters and sources that go', () => {
  let shop: Workshop;
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('read only records that satisfy where, by mapped names and classes with descendants', async () => {
    shop = await Workshop.open({ sources: { cmdb: `role: itsm\nwhere: "class = 'hardware' and location = 'Berlin'"` } });
    const { cmdb } = await shop.feed({ cmdb: rows(4, (at) => ({ location: at < 3 ? 'Berlin' : 'Paris' })) });

    expect(await shop.partition()).toEqual(['cmdb/0', 'cmdb/1', 'cmdb/2']);
    expect(cmdb?.streams['records']).toMatchObject({ read: 4, changed: 3, filtered: 1 });
    CONSERVED(cmdb!.streams['records']!);
  });

  it.each([
    ["source = 'cmdb'", ['cmdb/0', 'cmdb/1', 'scan/0', 'scan/1']], ["role = 'discovery'", ['scan/0', 'scan/1']], ["stream = 'records' and id = '1'", ['cmdb/1', 'scan/1']], ["external_id in ['0']", ['cmdb/0', 'scan/0']], ["serial = 'SN000001'", ['cmdb/1', 'scan/1']],
  ])('know whose record it is: %s', async (where, kept) => {
    shop = await Workshop.open({ sources: { cmdb: `role: itsm\nwhere: "${where}"`, scan: `role: discovery\nwhere: "${where.replace("'cmdb'", "'scan'")}"` } });
    await shop.feed({ cmdb: rows(2), scan: rows(2) });

    expect((await shop.assets()).flatMap(({ sources }) => sources.map(({ source, externalId }) => `${source}/${externalId}`)).sort()).toEqual(kept);
  });

  it('take a record that no longer satisfies where for unread, not for gone', async () => {
    shop = await Workshop.open({ sources: { cmdb: `role: itsm\nwhere: "location = 'Berlin'"` } });
    await shop.feed({ cmdb: rows(4, () => ({ location: 'Berlin' })) });
    const { cmdb } = await shop.feed({ cmdb: rows(4, (at) => ({ location: at === 0 ? 'Paris' : 'Berlin' })) });

    expect(cmdb?.streams['records']).toMatchObject({ read: 4, unchanged: 3, filtered: 1, tombstoned: 0 });
    expect((await shop.asset('cmdb/0')).sources[0]).not.toHaveProperty('tombstonedAt');
    expect(await shop.questions()).toEqual(['unread_records: cmdb/0']);
    await shop.feed({ cmdb: rows(4, () => ({ location: 'Berlin' })) });
    expect(await shop.questions()).toEqual([]);
  });

  it('make nothing missing by a changed filter: the records become unread, then a person withdraws them', async () => {
    shop = await Workshop.open({ sources: { cmdb: 'role: itsm', scan: 'role: discovery' }, onDisk: true });
    await shop.feed({ cmdb: rows(4), scan: [{ id: 'a', class: 'computer', serial_number: 'SN000001', os_name: 'Linux' }] });
    await shop.reconfigure({ sources: { cmdb: `role: itsm\nwhere: "class = 'server'"`, scan: 'role: discovery' } });
    const { cmdb } = await shop.sync('cmdb');

    expect(cmdb).toMatchObject({ status: 'succeeded', streams: { records: { read: 4, filtered: 2, tombstoned: 0 } } });
    expect(await shop.partition()).toEqual(['cmdb/0', 'cmdb/1+scan/a', 'cmdb/2', 'cmdb/3']);
    expect(await shop.questions()).toEqual(['unread_records: cmdb/1, cmdb/3']);
    await shop.resolve('unread_records', 'reject');

    expect(await shop.partition()).toEqual(['cmdb/0', 'cmdb/2', 'scan/a']);
    expect(await shop.questions()).toEqual([]);
  });

  it('keep unread records when a person says so', async () => {
    shop = await Workshop.open({ sources: { cmdb: 'role: itsm' }, onDisk: true });
    await shop.feed({ cmdb: rows(4) });
    await shop.reconfigure({ sources: { cmdb: `role: itsm\nwhere: "class = 'server'"` } });
    await shop.sync();
    await shop.resolve('unread_records', 'accept');
    await shop.sync();

    expect(await shop.partition()).toHaveLength(4);
    expect(await shop.questions()).toEqual([]);
  });

  it('ask what becomes of the records of a source that was taken out of the configuration', async () => {
    shop = await Workshop.open({ sources: { cmdb: 'role: itsm', books: 'role: finance' }, onDisk: true });
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', location: 'Berlin' }], books: [{ id: '1', class: 'server', serial_number: 'SN000001', location: 'Rome' }, { id: '2', class: 'server', serial_number: 'SN000002' }] });
    expect((await shop.asset('cmdb/1')).attributes['location']).toBe('Rome');
    await shop.reconfigure({ sources: { cmdb: 'role: itsm' } });
    await shop.sync();
    expect(await shop.questions()).toEqual(['unread_records: books/1, books/2']);
    expect((await shop.asset('cmdb/1')).attributes['location']).toBe('Rome');
    await shop.resolve('unread_records', 'reject');

    expect(await shop.partition()).toEqual(['cmdb/1']);
    expect((await shop.asset('cmdb/1')).attributes['location']).toBe('Berlin');
  });

  it('read them again when the source comes back', async () => {
    shop = await Workshop.open({ sources: { cmdb: 'role: itsm', books: 'role: finance' }, onDisk: true });
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001' }], books: [{ id: '2', class: 'server', serial_number: 'SN000002' }] });
    await shop.reconfigure({ sources: { cmdb: 'role: itsm' } });
    await shop.sync();
    await shop.reconfigure({ sources: { cmdb: 'role: itsm', books: 'role: finance' } });
    await shop.sync();

    expect(await shop.questions()).toEqual([]);
    expect(await shop.partition()).toEqual(['books/2', 'cmdb/1']);
  });

  it('take a file taken out of the options for unread', async () => {
    shop = await Workshop.open({ sources: { cmdb: 'role: itsm\noptions: { path: [one.csv, two.csv] }' }, onDisk: true });
    shop.file('one.csv', 'id,class\n1,server\n');
    shop.file('two.csv', 'id,class\n2,server\n');
    await shop.sync();
    await shop.reconfigure({ sources: { cmdb: 'role: itsm\noptions: { path: [one.csv] }' } });
    await shop.sync();

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2']);
    expect(await shop.questions()).toEqual(['unread_records: cmdb/2']);
  });
});
