import { connector, mapMachine } from '../../bench/connector.js';
import { listed, machines, recordOf, START, versionOf } from '../../bench/fleet.js';
import { parseOptions, UsageError } from '../../bench/options.js';
import { findingsOf, lineOf, renderSize, type Line, type Measurement } from '../../bench/report.js';
import { Simulator } from '../../bench/simulator.js';
import { shapeOf } from '../../bench/statements.js';
import { spreadOf } from '../../bench/statistics.js';
import { atLeast, atMost, inWords } from '../../bench/targets.js';
import { createHttp } from '../../connectors/sdk/http/index.js';
import { LabClock, silentLog } from '../support/lab.js';

describe('the fleet of the bench', () => {
  it('is as large a record as docs/performance.md measured: 22 fields, one nested object, some 730 bytes', () => {
    const record = recordOf('alpha', 123, 10_000, START);

    expect(Object.keys(record).filter((key) => typeof record[key as keyof typeof record] !== 'object')).toHaveLength(22);
    expect(Math.abs(JSON.stringify(record).length - 730)).toBeLessThan(40);
  });

  it('gives each machine identifiers of its own, and half of them to both sources', () => {
    const size = 4_000;
    const seen = new Map<string, Set<string>>();
    for (const source of ['alpha', 'beta'] as const) {
      for (let at = 0; at < listed(size); at++) {
        const mapping = mapMachine(recordOf(source, at, size, START));
        if (!mapping.ok || 'skip' in mapping || mapping.record.kind !== 'asset') throw new Error('a record of the bench is not mapped');
        const identity = mapping.record.identifiers.filter(({ kind }) => kind === 'serial').map(({ value }) => value)[0] as string;
        seen.set(identity, (seen.get(identity) ?? new Set()).add(source));
      }
    }

    expect(seen.size).toBe(machines(size));
    expect([...seen.values()].filter((sources) => sources.size === 2)).toHaveLength(listed(size) / 2);
  });

  it('changes one record in a hundred, or all', () => {
    const changed = (epoch: { all: number; some: number }): number => Array.from({ length: 1_000 }, (_, at) => versionOf(at, epoch)).filter((version) => version > 0).length;

    expect([changed(START), changed({ all: 0, some: 1 }), changed({ all: 1, some: 0 })]).toEqual([0, 10, 1_000]);
  });
});

describe('the simulated systems', () => {
  it('list every record once, page by page, through the connector', async () => {
    const simulator = await Simulator.start({ records: 500, pageSize: 100 });
    try {
      const stream = connector.streams[0]!;
      const http = createHttp({ source: 'beta', baseUrl: simulator.url, clock: new LabClock(), signal: new AbortController().signal, log: silentLog, concurrency: 1 });
      const ids: string[] = [];
      const nexts: (string | null)[] = [];
      for await (const page of stream.pull({ http, source: 'beta' }, { mode: 'full' })) {
        ids.push(...page.records.map((record) => (record as { id: string }).id));
        nexts.push(page.next);
      }

      expect(new Set(ids).size).toBe(250);
      expect(nexts).toEqual(['100', '200', null]);
      http.close();
    } finally {
      await simulator.close();
    }
  });
});

describe('the tables of the bench', () => {
  const measurement = (name: Measurement['case'], rates: readonly number[], rssMb = 100, size = 10_000): Measurement => ({
    database: 'sqlite', size, case: name, records: 1_000, outcomes: rates.map((rate) => ({ ms: 1_000_000 / rate, cpuMs: 50, rssMb })),
  });

  it('give the median with its spread', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(() => spreadOf([])).toThrow('nothing was measured');
  });

  it('hold each phase against its limit, and say by how much it falls short', () => {
    const text = renderSize([measurement('L2', [10_000, 9_000, 11_000]), measurement('first load', [3_000])].map(lineOf));

    expect(text).toContain('10,000 (9,000-11,000)');
    expect(text).toContain('0.30 of L2, excellent 0.4 (NOT MET, by 25 %), floor 0.17 (met)');
  });

  it('judge memory and growth', () => {
    const lines: Line[] = [measurement('unchanged', [10_000]), measurement('1 % changed', [9_000], 230), measurement('unchanged', [7_000], 190, 100_000)].map(lineOf);
    const found = Object.fromEntries(findingsOf(lines).map(({ what, verdict }) => [what, inWords(verdict)]));

    expect(found).toEqual({
      'sqlite, 10,000: 1 % changed of own unchanged rate, at least 0.85': 'met',
      'sqlite, 10,000: peak RSS, at most 220 MB': 'NOT MET, by 5 %',
      'sqlite, 100,000: peak RSS, at most 260 MB': 'met',
      'sqlite: unchanged at 100,000 keeps, of its rate at 10,000, at least 0.8': 'NOT MET, by 13 %',
      'sqlite: unchanged grows from 10,000 to 100,000 by at most 50 MB RSS': 'NOT MET, by 80 %',
    });
  });

  it('call nothing met that is not', () => {
    expect([atLeast(1, 1), atMost(1, 1)]).toEqual([{ met: true }, { met: true }]);
    expect([inWords(atLeast(0.999, 1)), inWords(atMost(1.5, 1))]).toEqual(['NOT MET, by 1 %', 'NOT MET, by 50 %']);
  });
});

describe('the options of the bench', () => {
  it('take sizes smallest first, and repeat the largest of several once', () => {
    const options = parseOptions(['--records', '100000,10000', '--database', 'sqlite']);

    expect([options.records, options.databases, options.runsOf(10_000), options.runsOf(100_000)]).toEqual([[10_000, 100_000], ['sqlite'], 3, 1]);
  });

  it.each([[['--database', 'oracle']], [['--records', 'many']], [['--runs', '0']], [['--unknown']]])('refuse %j', (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});

describe('the shape of a statement', () => {
  it.each`
    sql                                                    | shape
    ${'SELECT a FROM b WHERE c IN (?,?,?) AND d = ?'}      | ${'SELECT a FROM b WHERE c IN (?) AND d = ?'}
    ${'INSERT INTO a (b, c) VALUES (?,?),(?,?)'}           | ${'INSERT INTO a (b, c) VALUES (?)'}
    ${'DELETE FROM a WHERE (b, c) IN ((?,?),(?,?),(?,?))'} | ${'DELETE FROM a WHERE (b, c) IN ((?))'}
  `('leaves out what grows with a batch: $sql', ({ sql, shape }: { sql: string; shape: string }) => expect(shapeOf(sql)).toBe(shape));
});
