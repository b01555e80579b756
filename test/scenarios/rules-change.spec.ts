import { RebuildService } from '../../src/plan/rebuild.service.js';
import { Workshop, type Row } from './workshop.js';

const same = (id: string, more: Row): Row => ({ id, class: 'server', serial_number: 'SN000001', ...more });

describe('a changed rule', () => {
  it('is previewed without asking a source, then applied by a rebuild, and the plan told it to the last field', async () => {
    const shop = await Workshop.open({ onDisk: true, sources: { cmdb: 'role: itsm', agent: 'role: agent' } });
    await shop.feed({ cmdb: [same('1', { os_name: 'Ubuntu' })], agent: [same('x', { os_name: 'Debian' })] });
    await shop.reconfigure({ yaml: 'authority: { server: { os_name: { order: [cmdb] } } }' });
    const plan = await shop.plan({ rules: true });

    expect(plan).toMatchObject({ formatVersion: 1, summary: { create: 0, change: 1, retire: 0, push: 0, reviews: 0 }, changes: [{ kind: 'change', attribute: 'os_name', before: 'Debian', after: 'Ubuntu' }] });
    expect((await shop.asset('cmdb/1')).attributes['os_name']).toBe('Debian');

    await new RebuildService(shop.engine).rebuild();
    expect((await shop.asset('cmdb/1')).attributes['os_name']).toBe('Ubuntu');
    expect(await shop.differences()).toEqual([]);
    const change = (await shop.history('cmdb/1')).at(-1);
    expect(change).toMatchObject({ attribute: 'os_name', before: 'Debian', after: 'Ubuntu', cause: { kind: 'rebuild' } });
    expect((await shop.plan({ rules: true })).changes).toEqual([]);
    await shop.close();
  });

  it('of identity parts or joins assets in the plan as in the rebuild', async () => {
    const shop = await Workshop.open({ onDisk: true, sources: { cmdb: 'role: itsm', agent: 'role: agent' } });
    await shop.feed({ cmdb: [same('1', { hostname: 'web1' })], agent: [{ id: 'x', class: 'server', hostname: 'web1' }] });
    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1']);
    await shop.reconfigure({ yaml: 'identity: { rules: { hardware: { link: [serial], attach: [hostname], suggest: [ip] } } }' });
    const plan = await shop.plan({ rules: true });
    expect(plan.changes.map(({ kind }) => kind)).toContain('merge');
    await new RebuildService(shop.engine).rebuild();

    expect(await shop.partition()).toEqual(['agent/x+cmdb/1']);
    await shop.reconfigure({ yaml: '' });
    await new RebuildService(shop.engine).rebuild();
    expect(await shop.partition()).toEqual(['agent/x', 'cmdb/1']);
    expect(await shop.differences()).toEqual([]);
    await shop.close();
  });
});
