import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { fakeClock, recordingLog } from '../sdk/conformance/index.js';
import type { AssetRecord, Mapping, Page, PullFrom } from '../sdk/contract/index.js';
import { ATTRIBUTES, IDENTIFIER_KINDS } from '../sdk/contract/index.js';
import { readOptions } from '../sdk/config/index.js';
import type { FileClient } from './client.js';
import { FileOptions } from './config.js';
import { connector } from './index.js';
import type { FileRow } from './row.js';
import { records } from './streams/records.js';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'lockstep-file-spec-')); });
afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

const write = (name: string, content: string | Uint8Array): void => { writeFileSync(join(folder, name), content); };
const client = async (options: Record<string, unknown> = { path: '.' }): Promise<FileClient> => await connector.connect({
  source: { name: 'sheet', connector: 'file', role: 'itsm', auth: { method: 'none' }, streams: ['records'], options: { ...readOptions(FileOptions, options).options }, folder },
  http: undefined as never, clock: fakeClock(0), log: recordingLog(), signal: new AbortController().signal,
}) as FileClient;
const pages = async (options?: Record<string, unknown>, from: Partial<PullFrom> = {}): Promise<Page<FileRow>[]> => {
  const found: Page<FileRow>[] = [];
  for await (const page of records.pull(await client(options), { mode: 'full', ...from })) found.push(page);
  return found;
};
const map = (row: FileRow): Mapping => records.map(row, { source: 'sheet', options: {}, readAt: 0 });
const results = async (options?: Record<string, unknown>): Promise<Mapping[]> => (await pages(options)).flatMap((page) => page.records).map(map);
const assets = async (options?: Record<string, unknown>): Promise<AssetRecord[]> => (await results(options)).flatMap((result) => ('record' in result ? [result.record as AssetRecord] : []));
const reasons = async (options?: Record<string, unknown>): Promise<string[]> => (await results(options)).flatMap((result) => (result.ok ? [] : [result.reason]));
const ends = async (options?: Record<string, unknown>) => (await pages(options)).flatMap((page) => page.ends ?? []);

describe('CSV', () => {
  it('reads columns named as attributes and identifier kinds, in any case, without a mapping', async () => {
    write('a.csv', [
      'ID,Class,STAGE,holds,modified_at,Serial_Number,mac,ip,bios_uuid,external_ref,tags,cost,currency,memory_mb,owner,power_state,warranty_expires_on,Cost centre',
      'a1,Server,In Use,legal;lost,2026-11-20T10:00:00+01:00,0012345,00-50-56-AA-BB-01;00:50:56:aa:bb:02,10.0.0.1;10.0.0.2,4C4C4544-0039-3910-8035-B9C04F353530,aws/instances/arn:x/y;broken,env=prod;tier=1,696291,eur,65536,Ada@Example.COM,Running,2028-01-20,4711',
    ].join('\r\n'));

    const [record] = await assets();

    expect(record).toEqual({
      kind: 'asset', externalId: 'a1', assetClass: 'server', modifiedAt: Date.parse('2026-11-20T09:00:00Z'),
      identifiers: [
        { kind: 'bios_uuid', value: '4C4C4544-0039-3910-8035-B9C04F353530' }, { kind: 'external_ref', value: 'aws/instances/arn:x/y' }, { kind: 'mac', value: '00:50:56:aa:bb:01' }, { kind: 'mac', value: '00:50:56:aa:bb:02' },
        { kind: 'ip', value: '10.0.0.1' }, { kind: 'ip', value: '10.0.0.2' }, { kind: 'serial', value: '0012345' },
      ],
      claims: {
        serial_number: '0012345', tags: { env: 'prod', tier: '1' }, cost: 696291, currency: 'EUR', memory_mb: 65536, owner: 'ada@example.com', power_state: 'running', warranty_expires_on: '2028-01-20',
        mac_addresses: ['00:50:56:aa:bb:01', '00:50:56:aa:bb:02'], ip_addresses: ['10.0.0.1', '10.0.0.2'],
      },
      stage: { raw: { stage: 'In Use', holds: 'legal;lost' }, stage: 'in_use', holds: ['legal', 'lost'] },
    });
  });

  it('knows every attribute and every identifier kind by its exact name', async () => {
    const names = [...Object.keys(ATTRIBUTES), ...IDENTIFIER_KINDS.filter((kind) => !(kind in ATTRIBUTES))];
    const value = (name: string): string => ({ list: name === 'mac_addresses' ? '00:00:00:00:00:01' : '10.0.0.1', integer: '5', minor: '5', day: '2026-01-01', tags: 'a=b', power_state: 'running', email: 'a@b.c', text: name === 'currency' ? 'EUR' : 'x' })[ATTRIBUTES[name as keyof typeof ATTRIBUTES] ?? 'text'] ?? '';
    const kinds: Record<string, string> = { mac: '00:00:00:00:00:02', ip: '10.0.0.2', external_ref: 'a/b/c' };
    write('a.csv', `id,${names.join(',')}\n1,${names.map((name) => kinds[name] ?? value(name)).join(',')}\n`);

    const [record] = await assets();

    expect(Object.keys(record!.claims).sort()).toEqual(Object.keys(ATTRIBUTES).sort());
    expect([...new Set(record!.identifiers.map((identifier) => identifier.kind))].sort()).toEqual([...IDENTIFIER_KINDS].sort());
  });

  it('keeps columns that are not ours for a mapping and does not claim them', async () => {
    write('a.csv', 'id,Cost centre,serialnumber\n1,4711,S1\n');
    const [page] = await pages();

    expect(page!.records[0]).toMatchObject({ 'Cost centre': '4711', serialnumber: 'S1' });
    expect((await assets())[0]!.claims).toEqual({});
  });

  it('takes BOM, CRLF, quotes with separators and line breaks, tabs, other separators, other encodings', async () => {
    write('a.csv', '\ufeffid,description\r\n1,"a ""quoted"", text\r\nover two lines"\r\n2,plain\r\n');
    write('b.tsv', 'id\tname\n3\ta,b\n');
    expect((await assets()).map((record) => [record.externalId, record.claims])).toEqual([['1', { description: 'a "quoted", text\nover two lines' }], ['2', { description: 'plain' }], ['3', { name: 'a,b' }]]);

    write('c.csv', Buffer.from('\ufeffid;name;mac\n4;Bürö;"00:00:00:00:00:01;00:00:00:00:00:02"\n', 'utf16le'));
    write('d.csv', Buffer.from('id;name\n5;B\xfcro\n', 'latin1'));
    expect((await assets({ path: ['c.csv', 'd.csv'], delimiter: ';', encoding: 'windows-1252' })).map((record) => record.claims['name'])).toEqual(['Bürö', 'Büro']);
  });

  it('rejects broken rows one by one, with their line and, where it can be read, their id', async () => {
    write('a.csv', 'id,name,location\n1,a,b\n2,too few\n3,"a\nb",c\n4,too,many,cells\n,no id,x\n\n5,e,f\n');

    expect((await results()).filter((result) => !result.ok)).toEqual([
      { ok: false, externalId: '2', reason: expect.stringMatching(/^\.\/a\.csv, line 3: it has 2 cells where the header has 3/) },
      { ok: false, externalId: '4', reason: expect.stringMatching(/a\.csv, line 6: it has 4 cells/) },
      { ok: false, reason: expect.stringMatching(/a\.csv, line 7: it has no id/) },
    ]);
    expect((await assets()).map((record) => record.externalId)).toEqual(['1', '3', '5']);
    expect(await ends()).toEqual([{ scope: 'file=./a.csv', coverage: 'complete' }]);
  });

  it('rejects what stands twice, across files too, naming where it stood before', async () => {
    write('a.csv', 'id\nx\ny\nx\n');
    write('b.ndjson', '{"id":"y"}\n');

    expect(await reasons()).toEqual(['./a.csv, line 4: its id x stands in ./a.csv, line 2 already', './b.ndjson, line 1: its id y stands in ./a.csv, line 3 already']);
  });

  it.each([
    ['', 'it is empty'], ['name,serial\na,b\n', 'no column id'], ['id,serial,SERIAL\n1,a,b\n', 'the column SERIAL twice'], ['id,name\n1,a\n2,"never closed\n3,c\n4,d\n', 'a quote that opens in line 3 is never closed'],
  ])('that cannot be read to its end (%j) leaves its scope uncovered, with the reason', async (content, reason) => {
    write('a.csv', content);

    expect(await ends()).toEqual([{ scope: 'file=./a.csv', coverage: 'uncovered', reason: expect.stringContaining(reason) }]);
  });

  it('says what it could not claim', async () => {
    write('a.csv', 'id,cost,memory_mb,purchase_date,power_state,holds,class,modified_at\n1,69.62,lots,20/01/2028,asleep,forgotten,??,yesterday\n');

    const [result] = await results();

    if (result === undefined || !('record' in result)) throw new Error('no record');
    expect(result.notes!.map((note) => note.replace('./a.csv, line 2: ', '').split(' ')[0]).sort()).toEqual(['class', 'cost', 'holds', 'memory_mb', 'modified_at', 'power_state', 'purchase_date']);
    expect((result.record as AssetRecord).claims).toEqual({});
  });

  it('reports a stage that is none of ours', async () => {
    write('a.csv', 'id,stage\n1,Kaputt\n');
    expect((await assets())[0]!.stage).toEqual({ raw: { stage: 'Kaputt' } });
    expect((await connector.discover!(await client(), ['records'])).unmapped).toEqual([{ stream: 'records', field: 'stage', value: 'Kaputt' }]);
  });

  it('names the column of such a stage as the file does, for a mapping finds it under that name alone', async () => {
    write('a.csv', 'id,Stage\n1,Kaputt\n');
    expect((await connector.discover!(await client(), ['records'])).unmapped).toMatchObject([{ field: 'Stage' }]);
  });


  it('gives back any text that a cell holds (property)', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 1, maxLength: 5 }), async (texts) => {
      const cell = (value: string): string => `"${value.replace(/"/g, '""')}"`;
      write('p.csv', `id,x\n${texts.map((value, at) => `${at},${cell(value)}`).join('\n')}\n`);
      expect((await pages({ path: 'p.csv' })).flatMap((page) => page.records).map((row) => row['x'])).toEqual(texts);
    }), { numRuns: 60 });
  });
});

describe('JSON', () => {
  it('reads a list, a list under records, a single object', async () => {
    write('a.json', '[ {"id":"1"},\n {"id":"2"} ]\n');
    write('b.json', '{ "records": [{"id":"3"}], "exported": "today" }');
    write('c.json', '{"id":"4"}');
    write('d.json', '[]');

    expect((await assets()).map((record) => record.externalId)).toEqual(['1', '2', '3', '4']);
    expect((await ends()).map((end) => end.coverage)).toEqual(['complete', 'complete', 'complete', 'complete']);
  });

  it('keeps ids of 64 bits and numbers to the last digit', async () => {
    write('a.json', '[{"id":12345678901234567890,"serial_number":1234567890123456789,"os_version":1.10,"memory_mb":65536}]');

    expect((await assets())[0]).toMatchObject({ externalId: '12345678901234567890', claims: { serial_number: '1234567890123456789', os_version: '1.10', memory_mb: 65536 } });
  });

  it('takes null as said to be empty, lists and objects as they are', async () => {
    write('a.json', '[{"id":"1","location":null,"mac_addresses":["00:00:00:00:00:01",null,7],"tags":{"a":"b","n":5,"o":{}},"ip":["10.0.0.1"]}]');

    expect((await assets())[0]!.claims).toEqual({ location: null, mac_addresses: ['00:00:00:00:00:01'], tags: { a: 'b', n: '5' }, ip_addresses: ['10.0.0.1'] });
  });

  it('rejects a broken element alone, with its line', async () => {
    write('a.json', '[\n{"id":"1"},\n{"id":"2",},\n7,\n,\n{"id":"3"}}\n,{"id":"4","name":"a ] } \\" ,"}\n]');

    expect((await assets()).map((record) => record.externalId)).toEqual(['1', '4']);
    expect((await reasons()).map((reason) => /line \d+: [a-z ]+/.exec(reason)?.[0])).toEqual(['line 3: it is no ', 'line 4: it is no object', 'line 5: it is empty', 'line 6: it is no ']);
  });

  it.each([['[{"id":"1"},{"id":"2"', 'not closed'], ['', 'it is empty'], ['nonsense', 'it is no JSON'], ['{"records": 5}', 'no list'], ['[{"id":"1"}] more', 'behind the end']])('%j leaves its scope uncovered', async (content, reason) => {
    write('a.json', content);
    expect(await ends()).toEqual([{ scope: 'file=./a.json', coverage: 'uncovered', reason: expect.stringContaining(reason) }]);
  });

  it('bears nesting without end and keys that pollute', async () => {
    write('a.ndjson', `${'['.repeat(100_000)}\n{"id":"1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"tags":{"__proto__":"x","a":"b"}}\n`);

    expect((await assets()).map((record) => record.externalId)).toEqual(['1']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('NDJSON', () => {
  it('rejects a broken line alone and goes on', async () => {
    write('a.ndjson', '{"id":"1"}\r\n{"id":\n\n[1]\n{"id":"2"}');

    expect((await assets()).map((record) => record.externalId)).toEqual(['1', '2']);
    expect((await reasons()).map((reason) => /line \d+/.exec(reason)?.[0])).toEqual(['line 2', 'line 4']);
  });

  it('rejects a line that would fill the memory', async () => {
    write('a.ndjson', `{"id":"1"}\n{"id":"2","x":"${'y'.repeat(9 * 1024 * 1024)}"}\n{"id":"3"}\n`);

    expect((await assets()).map((record) => record.externalId)).toEqual(['1', '3']);
    expect(await reasons()).toEqual([expect.stringMatching(/line 2: it is longer than 8388608 characters/)]);
  });
});

describe('files', () => {
  it('are scopes of their own: one that is gone or broken harms only itself', async () => {
    write('b.csv', 'id\n1\n');
    mkdirSync(join(folder, 'empty'));

    expect(await ends({ path: ['b.csv', 'gone.csv', 'empty', 'odd.txt'] })).toEqual([
      { scope: 'file=b.csv', coverage: 'complete' }, { scope: 'file=empty', coverage: 'uncovered', reason: expect.stringContaining('holds no') },
      { scope: 'file=gone.csv', coverage: 'uncovered', reason: 'gone.csv: there is no such file' }, { scope: 'file=odd.txt', coverage: 'uncovered', reason: 'odd.txt: there is no such file' },
    ]);
  });

  it('of a folder are those with a known ending, hidden ones and copies under way left alone; a format may be named', async () => {
    for (const name of ['a.csv', '.b.csv', '~$c.csv', 'd.txt', 'E.CSV']) write(name, `id\n${name}\n`);

    expect((await assets()).map((record) => record.externalId)).toEqual(['E.CSV', 'a.csv']);
    expect((await assets({ path: 'd.txt', format: 'csv' })).map((record) => record.externalId)).toEqual(['d.txt']);
    expect((await ends({ path: 'd.txt' }))[0]).toMatchObject({ coverage: 'uncovered', reason: expect.stringContaining('options.format') });
  });

  it('are read in pages and resumed; what changed since is read anew', async () => {
    write('a.csv', `id\n${Array.from({ length: 7 }, (_, at) => `a${at}\n`).join('')}`);
    write('b.csv', 'id\nb0\nb1\n');
    utimesSync(join(folder, 'a.csv'), 1, 1);
    const whole = await pages(undefined, { pageSize: 3 });
    expect(whole.map((page) => page.records.length)).toEqual([3, 3, 1, 2]);
    const resume = whole[1]!.next!;
    expect((await pages(undefined, { pageSize: 3, resume })).flatMap((page) => page.records).map((row) => row['id'])).toEqual(['a6', 'b0', 'b1']);

    appendFileSync(join(folder, 'a.csv'), 'a7\n');
    expect((await pages(undefined, { pageSize: 3, resume })).flatMap((page) => page.records)).toHaveLength(10);
    expect((await pages(undefined, { resume: 'nonsense' })).flatMap((page) => page.records)).toHaveLength(10);
  });

  it('that change while they are read are not complete', async () => {
    write('a.csv', `id\n${Array.from({ length: 20 }, (_, at) => `a${at}\n`).join('')}`);
    const found: Page<FileRow>[] = [];
    for await (const page of records.pull(await client(), { mode: 'full', pageSize: 5 })) {
      if (found.length === 0) appendFileSync(join(folder, 'a.csv'), 'more\n');
      found.push(page);
    }
    expect(found.at(-1)!.ends).toEqual([expect.objectContaining({ coverage: 'uncovered', reason: expect.stringContaining('changed while') })]);
  });

  it('of any size are read in bounded memory', async () => {
    write('big.csv', `id,name\n${Array.from({ length: 60_000 }, (_, at) => `${at},${'n'.repeat(40)}\n`).join('')}`);
    let rows = 0;
    let most = 0;
    for await (const page of records.pull(await client(), { mode: 'full' })) { rows += page.records.length; most = Math.max(most, page.records.length); }
    expect([rows, most]).toEqual([60_000, 500]);
  });
});

describe('check', () => {
  it('opens each file and names the first problem', async () => {
    write('good.csv', 'id\n1\n');
    write('bad.csv', 'id,name\n1\n');
    const findings = [];
    for await (const finding of connector.check(await client({ path: ['good.csv', 'bad.csv', 'gone.csv'] }), ['records'])) findings.push(finding);

    expect(findings.map((finding) => [finding.what, finding.outcome])).toEqual([['read bad.csv', 'warning'], ['read gone.csv', 'failed'], ['read good.csv', 'ok']]);
    expect(findings[0]!.message).toContain('bad.csv, line 2');
  });
});

describe('options', () => {
  it.each([[{ path: 'a' }, 0], [{ path: ['a', 'b'], format: 'csv', delimiter: ';', encoding: 'utf-16le' }, 0], [{}, 1], [{ path: [] }, 1], [{ path: 'a', format: 'xml' }, 1], [{ path: 'a', delimiter: '#' }, 1], [{ path: 'a', glob: '*' }, 1]])('%j has %i problems', (options, problems) => {
    expect(readOptions(FileOptions, options).problems).toHaveLength(problems);
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

  it('has the headings of every connector and names every option', () => {
    expect([...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting']);
    for (const name of ['path', 'format', 'delimiter', 'encoding', 'records']) expect(readme).toContain(`\`${name}\``);
  });

  it('shows an example that works', async () => {
    write('example.csv', /```csv\n([\s\S]*?)```/.exec(readme)![1]!);
    expect(await reasons()).toEqual([]);
    expect((await results()).every((result) => 'record' in result && result.notes === undefined)).toBe(true);
    expect(await assets()).toHaveLength(2);
  });
});
