import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { FieldWrite, RecordWrite, StreamPush } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type ServiceNowSandbox } from '../sandbox/index.js';

type Started = Bench & { readonly sandbox: ServiceNowSandbox };
const start = benchesOf<Started>(connector, sandbox.start);
const bench = (source: object = {}): Promise<Started> => start({ source });

const pushOf = (stream: string): StreamPush<any> => connector.streams.find((entry) => entry.name === stream)!.push!;
const current = async (b: Started, stream: string, id: string): Promise<Record<string, unknown>> =>
  ((await pushOf(stream).fetchMany!(b.client, [id])).get(id) as { raw: Record<string, unknown> }).raw;
const writeOf = async (b: Started, stream: string, id: string, fields: readonly FieldWrite[]): Promise<RecordWrite> => ({ externalId: id, current: await current(b, stream, id), fields });

describe('what is about to be overwritten', () => {
  it.each([
    ['a value', 'os_version', 'os_version', '13', '12'],
    ['a reference', 'location', 'location', null, undefined],
  ])('is compared where the count of changes says that nothing changed: %s', async (_what, attribute, column, value, other) => {
    const b = await bench();
    const [first, second] = b.sandbox.edit.ids('locations');
    const id = b.sandbox.edit.insert('computers', { location: first });
    const mine = await writeOf(b, 'computers', id, [{ attribute, value }]);
    b.sandbox.edit.update('computers', id, { [column]: other ?? second });
    // a script with autoSysFields(false) leaves the count as it was
    const uncounted = { ...mine, current: { ...mine.current, sys_mod_count: (await current(b, 'computers', id))['sys_mod_count'] } };
    b.sandbox.writes.clearJournal();

    expect(await pushOf('computers').write(b.client, [uncounted])).toMatchObject([{ kind: 'conflict', reason: expect.stringContaining(column) as string }]);
    expect(b.sandbox.writes.journal()).toEqual([]);
  });

  it('is no conflict where it is as it was read, a resolved reference and a walked one too', async () => {
    const b = await bench({ wanted: { computers: [['location', 'city'], ['managed_by', 'email']] } });
    const [place] = b.sandbox.edit.ids('locations');
    const [person, other] = b.sandbox.edit.ids('users');
    const id = b.sandbox.edit.insert('computers', { location: place, managed_by: person });
    const mine = await writeOf(b, 'computers', id, [{ attribute: 'location', value: null }, { attribute: 'data_owner', value: String(b.sandbox.edit.read('users', other!)?.['email']), path: ['managed_by', 'email'] }]);
    b.sandbox.edit.update('computers', id, { last_discovered: '2026-11-20 09:00:00' });

    expect(await pushOf('computers').write(b.client, [mine])).toEqual([{ kind: 'accepted' }]);
    expect(b.sandbox.edit.read('computers', id)).toMatchObject({ location: '', managed_by: other });
  });

  it('that cannot be compared is a conflict where the record was counted up since', async () => {
    const b = await bench();
    const id = b.sandbox.edit.insert('computers');
    const { os_version: _unread, ...read } = await current(b, 'computers', id);
    const mine: RecordWrite = { externalId: id, current: read, fields: [{ attribute: 'os_version', value: '13' }] };
    b.sandbox.edit.update('computers', id, { last_discovered: '2026-11-20 09:00:00' });

    expect(await pushOf('computers').write(b.client, [mine])).toMatchObject([{ kind: 'conflict' }]);
    expect(await pushOf('computers').write(b.client, [{ ...mine, current: { ...read, sys_mod_count: (await current(b, 'computers', id))['sys_mod_count'] } }])).toEqual([{ kind: 'accepted' }]);
  });
});
