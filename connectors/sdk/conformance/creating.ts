import type { NewRecord, StreamPush } from '../contract/index.js';
import type { Bench } from './bench.js';
import type { Suite } from './reading.js';
import { expectRefusal, isWrite, recordOf, type Written } from './written.js';

/** New records: found again by our id, made once whatever becomes of the answer. */
export function describeCreating(suite: Suite, written: readonly Written[]): void {
  const makers = written.filter(({ push }) => push.create !== undefined);
  if (makers.length === 0) return;
  const reference = suite.connector.manifest.referenceFields?.[0] ?? '';
  const wanted = (push: StreamPush<any>, number: number): NewRecord => ({
    assetId: `3f2504e0-4f89-41d3-9a0c-0305e82c330${number}`, assetClass: push.create!.classes[0]!, reference,
    attributes: { name: `made-${number}`, serial_number: `MADE-000${number}` }, identifiers: [{ kind: 'serial', value: `MADE-000${number}` }],
    ...(push.codesFor?.('in_use', {}) !== undefined && { stage: { stage: 'in_use', codes: push.codesFor('in_use', {})! } }),
  });
  const search = async (bench: Bench, push: StreamPush<any>, record: NewRecord) => {
    await bench.clock.sleep((suite.connector.manifest.indexLagMs ?? 0) + 1);
    return await push.create!.search(bench.client, record);
  };

  describe.each(makers.map((one) => [one.stream.name, one] as const))('creating %s', (name, { stream, push }) => {
    suite.test('push-create', 'a record that is created is found by our id afterwards, and by its serial number', async () => {
      const bench = await suite.bench();
      const record = wanted(push, 1);
      expect(reference).not.toBe('');
      expect(await search(bench, push, record)).toEqual([]);
      bench.sandbox.writes!.clearJournal();
      const outcome = await push.create!.create(bench.client, record);
      expect(outcome.kind).toBe('created');
      const { externalId } = outcome as { externalId: string };
      expect((await search(bench, push, record)).map((found) => [found.externalId, found.by])).toEqual([[externalId, 'reference']]);
      expect((await search(bench, push, { ...record, assetId: wanted(push, 2).assetId })).map((found) => [found.externalId, found.by])).toEqual([[externalId, 'identifier']]);
      const made = await recordOf(bench, { stream, push }, externalId);
      expect(made.identifiers).toContainEqual({ kind: 'serial', value: 'MADE-0001' });
      expect(made.claims['name']).toBe('made-1');
      expect(bench.sandbox.writes!.journal().filter((entry) => entry.kind === 'create' && entry.stream === name).length).toBe(1);
    });

    suite.test('push-create-lost', 'a create whose answer is lost is unknown, made once, and found by a search', async () => {
      const bench = await suite.bench();
      const record = wanted(push, 3);
      bench.sandbox.writes!.clearJournal();
      bench.sandbox.faults.inject({ kind: 'reset_before_headers', match: { when: isWrite } });
      expect((await push.create!.create(bench.client, record)).kind).toBe('unknown');
      bench.sandbox.faults.clear();
      expect((await search(bench, push, record)).map((found) => found.by)).toEqual(['reference']);
      expect(bench.sandbox.writes!.journal().filter((entry) => entry.kind === 'create' && entry.stream === name).length).toBe(1);
    });

    suite.test('push-create-twice', 'an asset that is there already is not made again', async () => {
      const bench = await suite.bench();
      const record = wanted(push, 4);
      const first = await push.create!.create(bench.client, record);
      const before = bench.sandbox.edit.ids(name).length;
      const found = await search(bench, push, record);
      expect(found.map((one) => one.externalId)).toEqual([(first as { externalId: string }).externalId]);
      expect(bench.sandbox.edit.ids(name).length).toBe(before);
    });

    suite.test('push-create-refused', 'what the vendor does not take is refused with the next step', async () => {
      const bench = await suite.bench();
      bench.sandbox.faults.inject({ kind: 'forbidden', match: { purpose: 'any', when: (request) => request.purpose !== 'auth' && request.method !== 'GET' } });
      expectRefusal(await push.create!.create(bench.client, wanted(push, 5)));
    });
  });
}
