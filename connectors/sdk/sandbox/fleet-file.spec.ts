import { parse } from 'csv-parse/sync';
import { fileRows, toCsv } from './fleet-file.js';
import { createFleet } from './fleet.js';

const fleet = createFleet({ size: 40 });

describe('fileRows', () => {
  it('gives one row a sighting, with what a system of that role can know', () => {
    const agent = [...fileRows(fleet, 'agent')];
    const finance = [...fileRows(fleet, 'finance')];

    expect(agent.map(({ id }) => id)).toEqual([...fleet.sightings('agent')].map(({ id }) => id));
    expect(agent[0]).toMatchObject({ os_version: expect.any(String), memory_mb: expect.stringMatching(/^\d+$/) });
    expect(agent.every((row) => row['stage'] === undefined && row['purchase_date'] === undefined)).toBe(true);
    expect(finance[0]).toMatchObject({ purchase_order: expect.stringMatching(/^PO-/), vendor: expect.any(String) });
    expect(finance.every((row) => row['os_version'] === undefined)).toBe(true);
    expect([...fileRows(fleet, 'itsm')].every((row) => typeof row['stage'] === 'string')).toBe(true);
  });
});

describe('toCsv', () => {
  it('is read back as it was, lists as lists, edges of blanks kept', () => {
    const rows = [...fileRows(fleet, 'finance')];
    const read = parse(toCsv(rows), { columns: true }) as Record<string, string>[];

    expect(read.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(read.map((row) => row['serial_number'])).toEqual(rows.map((row) => row['serial_number']));
    expect(read[0]?.['serial_number']).toMatch(/^ .* $/);
    expect(read[0]).not.toHaveProperty('name');
    expect((parse(toCsv(fileRows(fleet, 'agent')), { columns: true }) as Record<string, string>[]).some((row) => row['mac_addresses']?.includes(';') === true)).toBe(true);
  });

  it('quotes what would break a row', () => {
    expect(toCsv([{ id: '1', name: 'a "b", c\nd' }])).toBe('id,name\r\n1,"a ""b"", c\nd"\r\n');
  });
});
