import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { NewRecord, StreamPush } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type ServiceNowSandbox } from '../sandbox/index.js';

type Started = Bench & { readonly sandbox: ServiceNowSandbox };
const start = benchesOf<Started>(connector, sandbox.start);
const bench = (dataSource: string | undefined = 'Lockstep', vendor: Record<string, unknown> = {}): Promise<Started> => start({ vendor, ...(dataSource !== undefined && { source: { options: { dataSource } } }) });

const maker = (stream: string): NonNullable<StreamPush<any>['create']> => connector.streams.find((entry) => entry.name === stream)!.push!.create!;
const wanted = (given: Partial<NewRecord> = {}): NewRecord => ({
  assetId: '0b1d1c9e-1111-4222-8333-444455556666', assetClass: 'server', reference: 'correlation_id', attributes: { name: 'srv-new', os_name: 'Red Hat Enterprise Linux', serial_number: 'SN-NEW-1' },
  identifiers: [{ kind: 'serial', value: 'SN-NEW-1' }, { kind: 'bios_uuid', value: '4C4C4544-0042-3510-8052-B4C04F4A3232' }], stage: { stage: 'in_use', codes: { install_status: '1', operational_status: '1' } }, ...given,
});
const made = (b: Started) => b.sandbox.writes.journal().filter((entry) => entry.kind === 'create' && entry.stream === 'computers');

it('creates a CI under the data source, with our id, its status and its serial numbers', async () => {
  const b = await bench();
  const [department] = new Set(b.sandbox.edit.ids('computers').map((id) => b.sandbox.edit.read('computers', id)?.['department']));
  const outcome = await maker('computers').create(b.client, wanted({ attributes: { ...wanted().attributes, cost: 100, tags: { a: 'b' }, ip_addresses: ['10.0.0.1', '10.0.0.2'], department: null } }));

  expect(outcome.kind).toBe('created');
  expect(department).not.toBe('');
  const row = b.sandbox.edit.read('computers', (outcome as { externalId: string }).externalId);
  expect(row).toMatchObject({
    sys_class_name: 'cmdb_ci_linux_server', name: 'srv-new', correlation_id: wanted().assetId, serial_number: 'SN-NEW-1', discovery_source: 'Lockstep', install_status: '1', operational_status: '1', cost: '', ip_address: '',
  });
  const numbers = b.sandbox.writes.journal().filter((entry) => 'serial_number_type' in entry.after).map(({ after }) => [after['serial_number_type'], after['serial_number']]);
  expect(numbers).toEqual([['system', 'SN-NEW-1'], ['uuid', '4c4c4544-0042-3510-8052-b4c04f4a3232']]);
  expect(b.sandbox.requests().flatMap((request) => request.notes ?? [])).toEqual([]);
});

it.each`
  stream         | assetClass          | os                          | table
  ${'computers'} | ${'computer'}       | ${'Windows 11'}             | ${'cmdb_ci_computer'}
  ${'computers'} | ${'server'}         | ${'Windows Server 2025'}    | ${'cmdb_ci_win_server'}
  ${'computers'} | ${'server'}         | ${'AIX 7.3'}                | ${'cmdb_ci_unix_server'}
  ${'computers'} | ${'server'}         | ${undefined}                | ${'cmdb_ci_server'}
  ${'computers'} | ${'hypervisor'}     | ${'VMware ESXi 8'}          | ${'cmdb_ci_esx_server'}
  ${'computers'} | ${'hypervisor'}     | ${'Proxmox'}                | ${'cmdb_ci_virtualization_server'}
  ${'network'}   | ${'network_device'} | ${undefined}                | ${'cmdb_ci_netgear'}
`('makes $table of a $assetClass with $os', async ({ stream, assetClass, os, table }: Record<string, string | undefined>) => {
  const b = await bench();
  const outcome = await maker(stream!).create(b.client, wanted({ assetClass: assetClass!, attributes: { name: 'new-1', ...(os !== undefined && { os_name: os }) } }));
  expect(b.sandbox.edit.read(stream!, (outcome as { externalId: string }).externalId)?.['sys_class_name']).toBe(table);
});

it('leaves untouched what the engine would take for the asset, whoever refers to it', async () => {
  const b = await bench();
  const theirs = b.sandbox.edit.insert('computers', { serial_number: 'SN-NEW-1', correlation_id: 'intune:1', name: 'old-name' });
  b.sandbox.writes.clearJournal();
  expect(await maker('computers').create(b.client, wanted())).toMatchObject({ kind: 'matched', externalId: theirs });
  expect(b.sandbox.writes.journal()).toEqual([]);
});

it.each`
  what                                      | dataSource    | vendor                              | given                                                   | outcome
  ${'no data source is named'}              | ${''}         | ${{}}                               | ${{}}                                                   | ${{ kind: 'refused', error: { code: 'configuration', hint: /discovery_source/ } }}
  ${'it is no choice of the instance'}      | ${'Unheard'}  | ${{}}                               | ${{}}                                                   | ${{ kind: 'refused', error: { vendorWords: /INVALID_INPUT_DATA/, hint: /options.dataSource/ } }}
  ${'the engine parks it as partial'}       | ${'Lockstep'} | ${{ engine: 'parks_partial' }}      | ${{}}                                                   | ${{ kind: 'refused', error: { message: /parked the asset as partial/ } }}
  ${'the engine parks it as incomplete'}    | ${'Lockstep'} | ${{ engine: 'parks_incomplete' }}   | ${{}}                                                   | ${{ kind: 'refused', error: { message: /incomplete/ } }}
  ${'a lock is waited for too long'}        | ${'Lockstep'} | ${{ engine: 'lock_timeout' }}       | ${{}}                                                   | ${{ kind: 'retry' }}
  ${'the user may write nothing'}           | ${'Lockstep'} | ${{ readOnly: true }}               | ${{}}                                                   | ${{ kind: 'refused', error: { code: 'permission', hint: /itil, or asset/ } }}
  ${'a name of a reference is unknown'}     | ${'Lockstep'} | ${{}}                               | ${{ attributes: { name: 'x', location: 'Atlantis' } }}  | ${{ kind: 'refused', error: { message: /Atlantis/ } }}
  ${'the reference is no name of a column'} | ${'Lockstep'} | ${{}}                               | ${{ reference: 'a^b' }}                                 | ${{ kind: 'refused', error: { message: /no column/ } }}
`('creates nothing where $what', async ({ dataSource, vendor, given, outcome }: { dataSource: string; vendor: Record<string, unknown>; given: Partial<NewRecord>; outcome: { kind: string; error?: Record<string, RegExp | string> } }) => {
  const b = await bench(dataSource, vendor);
  const got = await maker('computers').create(b.client, wanted(given));
  expect(got.kind).toBe(outcome.kind);
  for (const [key, words] of Object.entries(outcome.error ?? {})) expect(String((got as unknown as { error: Record<string, unknown> }).error[key])).toMatch(words);
  expect(made(b)).toEqual([]);
});

it('leaves duplicates of the CMDB to people', async () => {
  const b = await bench();
  for (let twice = 0; twice < 2; twice += 1) b.sandbox.edit.insert('computers', { serial_number: 'SN-NEW-1' });
  expect(await maker('computers').create(b.client, wanted())).toMatchObject({ kind: 'refused', error: { vendorWords: expect.stringContaining('MULTIPLE_DUPLICATE_RECORDS') as string, hint: expect.stringContaining('merge') as string } });
});

it('makes no virtual machines: their class depends on a datacenter that only Discovery knows', () => {
  expect(connector.streams.find((stream) => stream.name === 'vms')!.push!.create).toBeUndefined();
});

describe('a search', () => {
  it('takes no duplicate and no invalid number, and compares exactly', async () => {
    const b = await bench();
    const first = b.sandbox.edit.insert('computers', { serial_number: 'SN-NEW-1' });
    b.sandbox.edit.insert('computers', { serial_number: 'sn-new-1' });
    b.sandbox.edit.insert('computers', { serial_number: 'SN-NEW-1', duplicate_of: first });
    expect(await maker('computers').search(b.client, wanted())).toEqual([{ externalId: first, by: 'identifier', match: 'serial SN-NEW-1' }]);
  });

  it('finds a CI by the UUID of its firmware', async () => {
    const b = await bench();
    const { externalId } = await maker('computers').create(b.client, wanted()) as { externalId: string };
    expect(await maker('computers').search(b.client, wanted({ assetId: 'another', identifiers: [{ kind: 'bios_uuid', value: '4c4c4544-0042-3510-8052-b4c04f4a3232' }] })))
      .toEqual([{ externalId, by: 'identifier', match: 'bios_uuid 4c4c4544-0042-3510-8052-b4c04f4a3232' }]);
    expect(await maker('network').search(b.client, wanted({ assetId: 'another' }))).toEqual([]);
  });

  it('says that a reference which is no column cannot be searched, instead of taking any row', async () => {
    const b = await bench();
    await expect(maker('computers').search(b.client, wanted({ reference: 'u_lockstep_id' }))).rejects.toMatchObject({ code: 'protocol', message: expect.stringContaining('u_lockstep_id') as string });
  });

  it('is blind until a create has settled, which the manifest says', async () => {
    const b = await bench('Lockstep', { indexLagMs: 45_000 });
    const { externalId } = await maker('computers').create(b.client, wanted()) as { externalId: string };
    expect(await maker('computers').search(b.client, wanted())).toEqual([]);
    await b.clock.sleep(connector.manifest.indexLagMs!);
    expect((await maker('computers').search(b.client, wanted())).map((found) => found.externalId)).toEqual([externalId]);
  });
});

it.each`
  dataSource    | vendor                | outcome      | words
  ${'Lockstep'} | ${{}}                 | ${'ok'}      | ${/takes CIs/}
  ${'Unheard'}  | ${{}}                 | ${'failed'}  | ${/INVALID_INPUT_DATA/}
  ${'Lockstep'} | ${{ readOnly: true }} | ${'failed'}  | ${/403/}
`('is checked without writing: $dataSource $vendor is $outcome', async ({ dataSource, vendor, outcome, words }: { dataSource: string; vendor: Record<string, unknown>; outcome: string; words: RegExp }) => {
  const b = await bench(dataSource, vendor);
  const finding = (await b.check(['computers'])).find(({ what }) => what.startsWith('create CIs'));
  expect({ outcome: finding?.outcome, message: finding?.message, journal: b.sandbox.writes.journal() }).toEqual({ outcome, message: expect.stringMatching(words) as string, journal: [] });
});
