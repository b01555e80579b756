import { idsOf, type Suite } from './reading.js';
import { bent, faultsOf, frozen, HOSTILE, paths } from './well-formed.js';

/** Each of some records, with each of its fields missing, null, of the wrong type, hostile, huge. */
export function describeMapping(suite: Suite): void {
  describe.each(suite.streams.map((stream) => [stream.name, stream] as const))('mapping %s', (_name, stream) => {
    suite.test('hostile', 'takes any field missing, null, of the wrong type or hostile, without a throw', async () => {
      const bench = await suite.bench();
      const { records } = await bench.pass(stream, { mode: 'full' });
      // the richest ones: most fields, most paths
      const samples = [...records].sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length).slice(0, 2);
      expect(samples.length).toBeGreaterThan(0);
      const faults: string[] = [];
      for (const [at, raw] of samples.entries()) {
        for (const path of paths(raw, at === 0 ? 3 : 1)) {
          const broken = [bent(raw, path), ...HOSTILE.map((value) => bent(raw, path, value))];
          for (const [index, sample] of broken.entries()) {
            try {
              for (const fault of faultsOf(bench.map(stream, sample))) faults.push(`${path.join('.')} = ${index === 0 ? 'missing' : JSON.stringify(HOSTILE[index - 1])}: ${fault}`);
            } catch (error) {
              faults.push(`${path.join('.')} = ${index === 0 ? 'missing' : JSON.stringify(HOSTILE[index - 1])}: it throws ${String(error)}`);
            }
          }
        }
      }
      expect(faults.slice(0, 10)).toEqual([]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      await bench.close();
    });

    suite.test('no-record', 'rejects what is no record at all', async () => {
      const bench = await suite.bench();
      for (const raw of [{}, { id: null }, [], Object.create(null)]) expect(faultsOf(bench.map(stream, raw))).toEqual([]);
      await bench.close();
    });

    suite.test('huge', 'bears fields of 5 MB', async () => {
      const bench = await suite.bench();
      const { records } = await bench.pass(stream, { mode: 'full' });
      const raw = [...records].sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length)[0];
      const huge = 'x'.repeat(5_000_000);
      for (const path of paths(raw, 1)) {
        const mapping = bench.map(stream, bent(raw, path, huge));
        expect(faultsOf(mapping)).toEqual([]);
        if ('record' in mapping && mapping.record.kind === 'asset') expect(JSON.stringify(mapping.record).length).toBeLessThan(1_000_000);
      }
      await bench.close();
    });

    suite.test('pure', 'is a function of the record: nothing is written into it, and it gives the same again', async () => {
      const bench = await suite.bench();
      const { records } = await bench.pass(stream, { mode: 'full' });
      for (const raw of records) {
        const first = bench.map(stream, frozen(raw));
        expect(faultsOf(first)).toEqual([]);
        expect(bench.map(stream, raw)).toEqual(first);
        // what is stored is JSON: a quarantined record is mapped again from it
        expect(bench.map(stream, JSON.parse(JSON.stringify(raw)))).toEqual(first);
      }
      expect(idsOf(bench, stream, [{ records }]).length).toBe(records.length);
      await bench.close();
    });
  });
}
