import fc from 'fast-check';
import type { AssetRecord, Mapping } from '../contract/index.js';
import { boolean, claims, completeRecord, currency, day, email, epochSeconds, field, identifiers, instant, integer, ips, list, macs, mapped, minor, rejected, said, skipped, stageTable, text, uuid } from './index.js';

describe('values', () => {
  it.each([
    ['  a\u0000b\u001b\r\nc ', 'ab\nc'], ['', undefined], [' \t', undefined], [12, '12'], [12n, '12'], [NaN, undefined], [true, undefined], [{}, undefined], [null, undefined], ['\ud800x', '\ufffdx'], ['0012345', '0012345'],
  ])('text %p', (value, expected) => expect(text(value)).toBe(expected));

  it.each([
    ['65536', 65536], ['4.0', 4], ['2.6', 3], [7, 7], ['-1', undefined], ['1e5', undefined], ['0x10', undefined], ['12 GB', undefined], ['9007199254740993', undefined], ['', undefined], [[], undefined], ['-0', 0],
  ])('integer %p', (value, expected) => expect(integer(value)).toBe(expected));

  it.each([
    ['2028-01-20', '2028-01-20'], ['2025-01-20 09:30:00', '2025-01-20'], ['2025-01-20T23:30:00-05:00', '2025-01-20'], ['2024-02-29', '2024-02-29'], ['2023-02-29', undefined], ['2000-02-29', '2000-02-29'],
    ['1900-02-29', undefined], ['0000-00-00', undefined], ['20/01/2028', undefined], ['2028-13-01', undefined], [20280120, undefined],
  ])('day %p', (value, expected) => expect(day(value)).toBe(expected));

  it.each([
    ['2026-11-18 06:10:46', '2026-11-18T06:10:46.000Z'], ['2026-11-18T06:10:46Z', '2026-11-18T06:10:46.000Z'], ['2026-11-18T06:10:46.123456+02:00', '2026-11-18T04:10:46.123Z'],
    ['2026-11-18T06:10:46-0530', '2026-11-18T11:40:46.000Z'], ['2026-11-18', '2026-11-18T00:00:00.000Z'], ['2026-02-30 00:00:00', undefined], ['2026-11-18 25:00:00', undefined], ['now', undefined], ['', undefined],
  ])('instant %p', (value, expected) => expect(instant(value)).toBe(expected === undefined ? undefined : Date.parse(expected)));

  it('instants from numbers', () => {
    expect(instant(5)).toBe(5);
    expect(instant(Infinity)).toBeUndefined();
    expect(epochSeconds('1795489200')).toBe(1_795_489_200_000);
    expect(epochSeconds('1e99')).toBeUndefined();
  });

  it('macs, ips, lists, uuids', () => {
    expect(macs('00-50-56-AB-CD-EF; 0050.56ab.cdef, 005056ABCDE0 nonsense 00:50:56')).toEqual(['00:50:56:ab:cd:ef', '00:50:56:ab:cd:e0']);
    expect(macs(['00:50:56:AB:CD:EF', 7, null])).toEqual(['00:50:56:ab:cd:ef']);
    expect(ips('10.0.0.14/24, FE80::1%eth0 [::1] 10.0.0.300 host')).toEqual(['10.0.0.14', 'fe80::1', '::1']);
    expect(list('a;b; a ;;c', ';')).toEqual(['a', 'b', 'c']);
    expect(uuid('{4230BF2A-0000-1111-2222-333344445555}')).toBe('4230bf2a-0000-1111-2222-333344445555');
    expect(uuid('42 30 bf 2a 00 00 11 11-22 22 33 33 44 44 55 55')).toBe('4230bf2a-0000-1111-2222-333344445555');
    expect(uuid('50309c')).toBeUndefined();
  });

  it.each([
    ['6962.91', 'USD', 696291], ['6962.9', 'USD', 696290], ['6962', 'USD', 696200], ['6962', 'JPY', 6962], ['1.2345', 'KWD', 1235], ['1.005', 'USD', 101], ['-1.005', undefined, -101], ['1,234.50', 'USD', 123450],
    ['1.234,50', 'EUR', undefined], ['1e3', 'USD', undefined], ['$5', 'USD', undefined], ['99999999999999999', 'USD', undefined], [6962.91, 'USD', 696291], ['', 'USD', undefined], ['0', 'USD', 0],
  ])('minor %p %p', (value, code, expected) => expect(minor(value, code)).toBe(expected));

  it('email, currency, said, field', () => {
    expect(email(' Ada@Example.COM ')).toBe('ada@example.com');
    expect(email('ada')).toBeUndefined();
    expect(currency('usd')).toBe('USD');
    expect(currency('$')).toBeUndefined();
    expect([said('', text), said('x', text), said(undefined, text), said(null, text)]).toEqual([null, 'x', undefined, null]);
    expect(field(JSON.parse('{"__proto__": 1}'), 'constructor')).toBeUndefined();
  });

  it('never throw, whatever comes', () => {
    const readers: readonly ((raw: unknown) => unknown)[] = [boolean, currency, day, email, epochSeconds, instant, integer, ips, list, macs, minor, text, uuid, (raw) => field(raw, 'a'), (raw) => said(raw, text),
      (raw) => identifiers({ serial: raw }), (raw) => stageTable([['1', 'in_use', 'both']]).read(raw)];
    fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true }), (value) => { for (const read of readers) read(value); }), { numRuns: 2_000 });
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (value) => {
      for (const read of readers) read(value);
      expect(text(value) ?? '').not.toMatch(/[\u0000]|\p{Surrogate}/u);
    }), { numRuns: 2_000 });
  });

  it('are not slow on hostile text', () => {
    const huge = `${'0'.repeat(200_000)}${' '.repeat(200_000)}${':,;'.repeat(50_000)}`;
    const startedAt = performance.now();
    for (const read of [text, integer, day, instant, macs, ips, email, uuid, minor]) read(huge);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('records', () => {
  const asset = (extra: Partial<AssetRecord>): AssetRecord => ({ kind: 'asset', externalId: 'a1', identifiers: [], claims: {}, ...extra });
  const recordOf = (result: Mapping): AssetRecord => (result as Extract<Mapping, { record: unknown }>).record as AssetRecord;

  it('identifiers drop what is empty and double', () => {
    expect(identifiers({ serial: ['A', 'A', '', undefined, {}], asset_tag: ' T1 ', mac: [], fqdn: undefined, ip: 'x'.repeat(600) })).toEqual([{ kind: 'serial', value: 'A' }, { kind: 'asset_tag', value: 'T1' }]);
  });

  it('claims keep null and drop undefined', () => {
    expect(claims({ a: undefined, b: null, c: 0, d: [], e: ['x'], ['__proto__']: 'evil' })).toEqual(expect.objectContaining({ b: null, c: 0, e: ['x'] }));
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });

  it('identifying attributes and identifiers give each other', () => {
    const complete = completeRecord(asset({
      identifiers: identifiers({ serial: ['S1', 'S2'], mac: ['00:00:00:00:00:02'], hostname: 'srv', bios_uuid: 'u' }),
      claims: { mac_addresses: ['00:00:00:00:00:01'], asset_tag: 'T1', fqdn: null, ip_addresses: ['10.0.0.1'], cloud_resource_id: 'i-1' },
    }));

    expect(complete.claims).toEqual({
      serial_number: 'S1', mac_addresses: ['00:00:00:00:00:01', '00:00:00:00:00:02'], asset_tag: 'T1', fqdn: null, hostname: 'srv', ip_addresses: ['10.0.0.1'], cloud_resource_id: 'i-1',
    });
    expect(complete.identifiers.map((i) => `${i.kind}=${i.value}`).sort()).toEqual([
      'asset_tag=T1', 'bios_uuid=u', 'cloud_resource_id=i-1', 'hostname=srv', 'ip=10.0.0.1', 'mac=00:00:00:00:00:01', 'mac=00:00:00:00:00:02', 'serial=S1', 'serial=S2',
    ]);
    expect(completeRecord(complete)).toEqual(complete);
  });

  it('long values are cut with a note', () => {
    const result = mapped(asset({ claims: { description: 'x'.repeat(5_000_000), tags: { a: 'y'.repeat(20_000) }, ip_addresses: Array.from({ length: 1_200 }, (_, i) => `10.0.${i >> 8}.${i & 255}`) } }));

    expect(recordOf(result).claims['description']).toHaveLength(16_000);
    expect((result as Extract<Mapping, { record: unknown }>).notes).toEqual([
      'description has 5000000 characters and was cut to 16000', 'tags has 20000 characters and was cut to 16000', 'ip_addresses has 1200 entries and was cut to 1000',
    ]);
  });

  it.each([['', 'no id'], ['x'.repeat(256), 'at most 255'], ['a\u0000b', 'cannot be kept'], ['a\ud800', 'cannot be kept']])('an id %p that cannot be kept is rejected', (externalId, reason) => {
    const result = mapped(asset({ externalId }));
    expect(result.ok).toBe(false);
    expect((result as { reason: string }).reason).toContain(reason);
    expect(rejected('because', externalId)).toEqual({ ok: false, reason: 'because' });
  });

  it('skipped and rejected', () => {
    expect(skipped('a', 'duplicate')).toEqual({ ok: true, skip: 'duplicate', externalId: 'a' });
    expect(rejected('because', 'a')).toEqual({ ok: false, reason: 'because', externalId: 'a' });
  });
});

describe('stage tables', () => {
  const simple = stageTable([['1', 'requested', 'both'], ['2', 'acquired', 'both'], ['3', 'in_use', 'both'], ['9', 'disposed', 'both'], ['3', 'deployed', 'write'], ['8', 'retired', 'read', { holds: ['lost'] }]], { field: 'state' });
  const pair = stageTable([
    [{ state: '6', sub: 'available' }, 'acquired', 'both'], [{ state: '6', sub: '*' }, 'deployed', 'read'], [{ state: '6', sub: '' }, 'acquired', 'read'], [{ state: '7', sub: 'disposed' }, 'disposed', 'both'],
  ]);

  it('read and write', () => {
    expect(simple.read('3')).toEqual({ raw: { state: '3' }, stage: 'in_use' });
    expect(simple.read({ state: '8' })).toEqual({ raw: { state: '8' }, stage: 'retired', holds: ['lost'] });
    expect(simple.write('deployed')).toEqual({ state: '3' });
    expect([simple.isCoarse('deployed'), simple.isCoarse('in_use'), simple.isCoarse('maintenance')]).toEqual([true, false, false]);
    expect(simple.write('maintenance')).toBeUndefined();
  });

  it('say nothing of what is unmapped or silent', () => {
    expect(simple.read('77')).toEqual({ raw: { state: '77' } });
    expect(simple.read('')).toEqual({ raw: { state: '' } });
    expect(simple.read({ state: { evil: 1 } })).toEqual({ raw: { state: '' } });
    expect(simple.read({})).toBeUndefined();
    expect(simple.read(null)).toBeUndefined();
  });

  it('take several fields, the more exact row first', () => {
    expect(pair.read({ state: '6', sub: 'available' })?.stage).toBe('acquired');
    expect(pair.read({ state: '6', sub: '' })?.stage).toBe('acquired');
    expect(pair.read({ state: '6', sub: 'pending_install' })?.stage).toBe('deployed');
    expect(pair.read({ state: '7', sub: 'sold' })).toEqual({ raw: { state: '7', sub: 'sold' } });
    expect(pair.write('disposed')).toEqual({ state: '7', sub: 'disposed' });
  });

  it('every stage that is written reads back, unless the table says that it is coarse', () => {
    for (const table of [simple, pair]) for (const [, stage, direction] of table.rows) {
      if (direction === 'both') expect(table.read(table.write(stage))?.stage).toBe(stage);
    }
  });

  it('refuse a faulty table', () => {
    expect(() => stageTable([['1', 'in_use', 'both'], ['1', 'retired', 'read']])).toThrow('read twice');
    expect(() => stageTable([['1', 'in_use', 'both'], ['2', 'in_use', 'both']])).toThrow('written twice');
    expect(() => stageTable([[{ a: '1', b: '*' }, 'in_use', 'both']])).toThrow('value for each');
  });
});
