import { RebuildService } from '../../src/plan/rebuild.service.js';
import { canonicalModel } from '../support/canonical-model.js';
import { Workshop } from './workshop.js';

const U = (digit: number): string => `${String(digit).repeat(8)}-2222-3333-8444-555555555555`;

describe('people’s decisions', () => {
  let shop: Workshop;
  beforeEach(async () => { shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', agent: 'role: agent' }); });
  afterEach(async () => {
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });

  it('merge keeps the earliest asset’s id; the other redirects; split undoes it', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', name: 'one', location: 'Berlin' }] });
    await shop.feed({ scan: [{ id: 'a', class: 'server', name: 'two', cpu_count: 4 }] });
    const before = await canonicalModel(shop.engine.database);
    const [one, two] = [await shop.asset('cmdb/1'), await shop.asset('scan/a')];
    await shop.merge('scan/a', 'cmdb/1');

    expect(await shop.assets()).toMatchObject([{ id: one.id, attributes: { name: 'two', location: 'Berlin', cpu_count: 4 } }]);
    expect(await shop.queries.show(two.id)).toMatchObject({ kind: 'found', value: { id: one.id } });

    await shop.split('cmdb/1', 'scan/a');
    expect(await canonicalModel(shop.engine.database)).toEqual(before);
    expect((await shop.asset('cmdb/1')).id).toBe(one.id);
  });

  it('a split is undone by a merge, and both outlive a rebuild and further reading', async () => {
    const rows = { cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001' }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000001' }] };
    await shop.feed(rows);
    const before = await canonicalModel(shop.engine.database);
    await shop.split('cmdb/1', 'scan/a');
    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
    await new RebuildService(shop.engine).rebuild();
    await shop.feed({ scan: [{ ...rows.scan[0], os_name: 'Linux' }] });
    expect(await shop.partition()).toEqual(['cmdb/1', 'scan/a']);
    await shop.feed(rows);

    await shop.merge('cmdb/1', 'scan/a');
    await new RebuildService(shop.engine).rebuild();
    expect(await canonicalModel(shop.engine.database)).toEqual(before);
  });

  it('a split parts what a bridge joins, and the bridge stays where it was left', async () => {
    await shop.feed({
      cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001' }, { id: '2', class: 'server', bios_uuid: U(2) }],
      scan: [{ id: 'a', class: 'server', serial_number: 'SN000001', bios_uuid: U(2) }],
    });
    expect(await shop.partition()).toEqual(['cmdb/1+cmdb/2+scan/a']);
    await shop.split('cmdb/1', 'cmdb/2');

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a', 'cmdb/2']);
  });

  it('a must-link silences the contradiction between its two records', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', name: 'web' }], scan: [{ id: 'a', class: 'server', serial_number: 'SN000002' }] });
    await shop.merge('cmdb/1', 'scan/a');

    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
    await new RebuildService(shop.engine).rebuild();
    expect(await shop.partition()).toEqual(['cmdb/1+scan/a']);
  });

  it('a merge holds between all records of the assets, also where one that is not the first contradicts', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', bios_uuid: U(1) }], scan: [{ id: 'a', class: 'server', bios_uuid: U(1), serial_number: 'SN000001' }] });
    await shop.feed({ agent: [{ id: 'x', class: 'server', serial_number: 'SN000002' }] });
    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1+scan/a']);
    await shop.merge('cmdb/1', 'agent/x');

    expect(await shop.partition()).toEqual(['agent/x+cmdb/1+scan/a']);
    await shop.split('cmdb/1', 'agent/x');
    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1+scan/a']);
  });

  it('keep two apart whom a shared serial would join', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', hostname: 'a' }, { id: '2', class: 'server', serial_number: 'SN000001', hostname: 'a' }] });
    expect(await shop.partition()).toEqual(['cmdb/1+cmdb/2']);
    await shop.resolve('duplicate_in_source', 'apart');

    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2']);
    expect(await shop.questions()).toEqual([]);
    await shop.feed({ scan: [{ id: 'a', class: 'server', serial_number: 'SN000001' }] });
    expect((await shop.partition()).filter((each) => each.includes('cmdb/1') && each.includes('cmdb/2'))).toEqual([]);
  });

  it('an accepted duplicate is not asked again', async () => {
    const rows = [{ id: '1', class: 'server', serial_number: 'SN000001', hostname: 'a' }, { id: '2', class: 'server', serial_number: 'SN000001', hostname: 'a' }];
    await shop.feed({ cmdb: rows });
    await shop.resolve('duplicate_in_source', 'accept');
    await shop.feed({ cmdb: rows.map((row) => ({ ...row, os_name: 'Linux' })) });

    expect(await shop.questions()).toEqual([]);
  });

  it('refuse what cannot be', async () => {
    await shop.feed({ cmdb: [{ id: '1', class: 'server' }, { id: '2', class: 'server' }] });

    await expect(shop.merge('cmdb/1', 'cmdb/99')).rejects.toThrow('cmdb/records/99');
    await expect(shop.merge('cmdb/1', 'cmdb/1')).rejects.toThrow();
    await expect(shop.split('cmdb/1', 'cmdb/2')).rejects.toThrow();
    await expect(shop.split('cmdb/1', 'cmdb/1')).rejects.toThrow();
    expect(await shop.partition()).toEqual(['cmdb/1', 'cmdb/2']);
  });
});
