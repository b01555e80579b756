import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Mapping, VulnerabilityRecord } from '../sdk/contract/index.js';
import { mapCve } from './map.js';
import type { NvdCve } from './raw.js';

const at = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);
const { cve } = JSON.parse(readFileSync(at('documented/cve-2024-20731.json'), 'utf8')) as { cve: NvdCve };
const context = { source: 'nvd', options: {}, readAt: 0 };

function record(mapping: Mapping): VulnerabilityRecord {
  if (!mapping.ok || 'skip' in mapping || mapping.record.kind !== 'vulnerability') throw new Error(`no vulnerability: ${JSON.stringify(mapping)}`);
  return mapping.record;
}
const map = (changes: object = {}): VulnerabilityRecord => record(mapCve({ ...cve, ...changes }, context));

it('reads a documented record whole', () => {
  expect(map()).toEqual({
    kind: 'vulnerability', externalId: 'CVE-2024-20731', status: 'Modified', description: 'Acrobat Reader versions',
    publishedAt: Date.UTC(2024, 1, 15, 13, 15, 47, 500), modifiedAt: Date.UTC(2024, 10, 21, 8, 53, 2, 570),
    scores: [
      { version: '3.1', vector: 'CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N', score: 7.1, severity: 'HIGH', source: 'nvd@nist.gov', type: 'Primary' },
      { version: '3.1', vector: 'CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 7.8, severity: 'HIGH', source: 'psirt@adobe.com', type: 'Secondary' },
      { version: '2.0', vector: 'AV:N/AC:M/Au:N/C:P/I:P/A:P', score: 6.8, severity: 'MEDIUM', source: 'nvd@nist.gov', type: 'Primary' },
    ],
    weaknesses: ['CWE-416', 'NVD-CWE-noinfo'],
    knownExploited: { addedOn: '2024-03-01', dueOn: '2024-03-22', action: 'Apply mitigations.', name: 'Adobe Acrobat Use-After-Free' },
    references: [{ url: 'https://helpx.adobe.com/security/products/acrobat/apsb24-07.html', tags: ['Patch', 'Vendor Advisory'] }],
    tags: ['disputed'], configurations: cve.configurations, affected: cve.affected,
  });
});

it('leaves configurations out where nobody has looked: unknown is not unaffected', () => {
  expect(map({ configurations: undefined })).not.toHaveProperty('configurations');
  expect(map({ configurations: [] })).not.toHaveProperty('configurations');
});

it('keeps a rejected record, and a status that nobody knows yet', () => {
  expect(map({ vulnStatus: 'Rejected', metrics: {}, configurations: undefined, weaknesses: undefined })).toMatchObject({ status: 'Rejected', scores: [], weaknesses: [] });
  expect(map({ vulnStatus: 'Not Scheduled' }).status).toBe('Not Scheduled');
});

it('takes a score of 0.0', () => {
  const metrics = { cvssMetricV31: [{ source: 'x', type: 'Secondary', cvssData: { vectorString: 'CVSS:3.1/AV:N', baseScore: 0, baseSeverity: 'NONE' } }] };

  expect(map({ metrics }).scores).toEqual([{ version: '3.1', vector: 'CVSS:3.1/AV:N', score: 0, severity: 'NONE', source: 'x', type: 'Secondary' }]);
});

it.each`
  changes                       | reason
  ${{ id: undefined }}          | ${'no id'}
  ${{ id: { a: 1 } }}           | ${'no id'}
  ${{ published: null }}        | ${'no published date'}
  ${{ published: 'yesterday' }} | ${'no published date'}
`('rejects $changes', ({ changes, reason }) => expect(mapCve({ ...cve, ...changes }, context)).toMatchObject({ ok: false, reason }));

it.each([...Object.keys(cve), 'evaluatorComment'])('survives any value of %s', (name) => {
  for (const value of [undefined, null, '', 'x', 0, 1.5, true, [], [null], [[[]]], {}, { x: [] }, [{}], [{ cvssData: null }], '\ud800', '\u0000']) {
    expect(mapCve({ ...cve, [name]: value } as NvdCve, context)).toHaveProperty('ok');
  }
});

it('survives what is no object at all', () => {
  for (const raw of [null, undefined, 1, 'CVE-2024-1', []]) expect(mapCve(raw as unknown as NvdCve, context)).toMatchObject({ ok: false });
});

describe('the real records that the repository carries', () => {
  const sample = at('nvd-cves-2.0-sample.json.gz');
  const cves = existsSync(sample) ? (JSON.parse(gunzipSync(readFileSync(sample)).toString('utf8')) as { vulnerabilities: { cve: NvdCve }[] }).vulnerabilities.map((entry) => entry.cve) : [];

  it('map without exception, and keep what tells them apart', () => {
    const records = cves.map((raw) => record(mapCve(raw, context)));

    expect(records).toHaveLength(191);
    expect(records.filter(({ status }) => status === 'Rejected')).toHaveLength(4);
    expect(records.filter(({ knownExploited }) => knownExploited !== undefined)).toHaveLength(3);
    expect(records.filter(({ configurations }) => configurations === undefined)).toHaveLength(25);
    expect(records.filter(({ scores }) => scores[0]?.version === '4.0')).toHaveLength(35);
    expect(records.filter(({ affected }) => affected !== undefined)).toHaveLength(1);
    expect(records.every(({ modifiedAt, publishedAt }) => modifiedAt !== undefined && publishedAt > 0)).toBe(true);
  });

  it('lose no score on the way', () => {
    for (const raw of cves) {
      const given = Object.entries(raw.metrics as Record<string, unknown[]>).filter(([key]) => key.startsWith('cvssMetric')).flatMap(([, list]) => list).length;
      expect(record(mapCve(raw, context)).scores).toHaveLength(given);
    }
  });
});
