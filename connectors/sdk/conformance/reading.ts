import type { Connector, Stream } from '../contract/index.js';
import type { Bench, Pass } from './bench.js';
import { differences } from './truth.js';

export interface Suite {
  readonly connector: Connector;
  readonly streams: readonly Stream<any>[];
  bench(extra?: { readonly authMethod?: string; readonly timeoutMs?: number; readonly fleetSize?: number }): Promise<Bench>;
  /** How long after its time stamp a change may become visible at this vendor, at least. */
  readonly lateMs: number;
  /** `it`, unless the case is skipped with a reason. */
  readonly test: (id: string, name: string, run: () => Promise<void> | void) => void;
}

/** Every id that must be read: neither hidden nor left out. */
const expectedIds = (bench: Bench, stream: string): string[] => [...bench.sandbox.truth(stream).keys()].sort();
export const givenIds = (pass: Pass): string[] => [...pass.given.keys()].sort();

/** In a full pass every scope ends exactly once, on or after its last record, and the last page is the end. */
export function expectWholePass(pass: Pass): void {
  const ended = new Map<string, number>();
  pass.pages.forEach((page, index) => {
    for (const end of page.ends ?? []) ended.set(end.scope, (ended.get(end.scope) ?? 0) + 1);
    expect(page.next === null).toBe(index === pass.pages.length - 1);
  });
  for (const page of pass.pages) if (page.records.length > 0) expect(ended.get(page.scope)).toBe(1);
  expect([...ended.values()].every((times) => times === 1)).toBe(true);
  expect(ended.size).toBeGreaterThan(0);
}

const uncovered = (pass: Pass): string[] => pass.pages.flatMap((page) => page.ends ?? []).filter((end) => end.coverage === 'uncovered').map((end) => end.scope);

/** Reading whole streams: what is there, page by page, and how it goes on after a stop. */
export function describeReading(suite: Suite): void {
  describe.each(suite.streams.map((stream) => [stream.name, stream] as const))('reading %s', (name, stream) => {
    suite.test('truth', 'gives every record once, as what it is', async () => {
      // large enough for every oddity of the fleet: duplicates, clones, junk serials, swapped mainboards
      const bench = await suite.bench({ fleetSize: 120 });
      const pass = await bench.pass(stream, { mode: 'full' });

      const truth = bench.sandbox.truth(name);
      const wrong = pass.records.flatMap((raw) => {
        const mapping = bench.map(stream, raw);
        const id = 'record' in mapping ? mapping.record.externalId : mapping.externalId ?? '';
        const expected = truth.get(id);
        return expected === undefined ? [`${id}: not known to the sandbox`] : differences(mapping, expected).map((difference) => `${id}: ${difference}`);
      });
      expect(wrong.slice(0, 10)).toEqual([]);
      expect(givenIds(pass)).toEqual(expectedIds(bench, name));
      expect([...pass.given.values()].filter((times) => times !== 1)).toEqual([]);
      expectWholePass(pass);
      expect(uncovered(pass)).toEqual([]);
      await bench.close();
    });

    suite.test('page-sizes', 'pages at sizes 1, 2, exactly full, one less and one more', async () => {
      const bench = await suite.bench();
      const count = bench.sandbox.truth(name).size;
      for (const pageSize of [1, 2, count, Math.max(1, count - 1), count + 1]) {
        const pass = await bench.pass(stream, { mode: 'full', pageSize });
        expect({ pageSize, ids: givenIds(pass) }).toEqual({ pageSize, ids: expectedIds(bench, name) });
        expectWholePass(pass);
      }
      bench.sandbox.setLimits({ pageSize: 3 });
      const capped = await bench.pass(stream, { mode: 'full' });
      expect(givenIds(capped)).toEqual(expectedIds(bench, name));
      await bench.close();
    });

    suite.test('resume', 'goes on from every page, also in a new process', async () => {
      const bench = await suite.bench();
      const whole = await bench.pass(stream, { mode: 'full', pageSize: 7 });
      const places = whole.pages.map((page) => page.next).filter((next): next is string => next !== null);
      for (const [index, resume] of places.entries()) {
        const before = whole.pages.slice(0, index + 1);
        const fresh = await suite.connector.connect({ source: bench.source, http: bench.http, clock: bench.clock, log: bench.log, signal: bench.abort.signal });
        const rest = await bench.pass({ ...stream, pull: (_client, from) => stream.pull(fresh, from) }, { mode: 'full', pageSize: 7, resume });
        await suite.connector.close?.(fresh);
        const seen = new Set([...idsOf(bench, stream, before), ...rest.given.keys()]);
        expect([...seen].sort()).toEqual(expectedIds(bench, name));
        expect(rest.pages.at(-1)?.next).toBeNull();
      }
      await bench.close();
    });

    suite.test('shift', 'loses nothing while records come, go and change between pages', async () => {
      const bench = await suite.bench();
      const stay = new Set(expectedIds(bench, name));
      const removed = new Set<string>();
      const inserted: string[] = [];
      const pass = await bench.pass(stream, { mode: 'full', pageSize: 3 }, (page, index) => {
        if (index > 3 || page.next === null) return;
        const seen = idsOf(bench, stream, [page]);
        const unseen = bench.sandbox.edit.ids(name).filter((id) => stay.has(id) && !seen.includes(id) && !removed.has(id)).sort();
        const goes = [index % 2 === 0 ? seen[0] : unseen.at(-1)].filter((id): id is string => id !== undefined && stay.has(id));
        for (const id of goes) { bench.sandbox.edit.remove(name, id); removed.add(id); stay.delete(id); }
        inserted.push(bench.sandbox.edit.insert(name));
        const changes = unseen.find((id) => stay.has(id));
        if (changes !== undefined) bench.sandbox.edit.update(name, changes);
      });

      expect([...stay].filter((id) => !pass.given.has(id))).toEqual([]);
      if (stream.incremental !== 'none' && pass.cursor !== undefined) {
        await bench.clock.sleep(60_000);
        const after = await bench.pass(stream, { mode: 'incremental', cursor: pass.cursor });
        const still = new Set(bench.sandbox.truth(name).keys());
        expect(inserted.filter((id) => still.has(id) && !pass.given.has(id) && !after.given.has(id))).toEqual([]);
      }
      await bench.close();
    });

    suite.test('deletes', 'shows what is gone, in the way that it says', async () => {
      const bench = await suite.bench();
      const first = await bench.pass(stream, { mode: 'full' });
      const [told, silent]: (string | undefined)[] = givenIds(first).filter((id) => bench.sandbox.truth(name).get(id)?.skipped !== true);
      await bench.clock.sleep(600_000);
      bench.sandbox.edit.remove(name, told!);
      // without a trace: a stream may be too short for two
      if (silent !== undefined) bench.sandbox.edit.vanish(name, silent);
      await bench.clock.sleep(60_000);

      const full = await bench.pass(stream, { mode: 'full' });
      for (const id of [told!, ...(silent === undefined ? [] : [silent])]) {
        const says = full.records.map((raw) => bench.map(stream, raw)).find((mapping) => 'record' in mapping && mapping.record.externalId === id);
        // either it no longer comes, or it comes with the word that it is gone
        expect({ id, gone: says === undefined || ('record' in says && says.record.kind === 'asset' && says.record.told !== undefined) }).toEqual({ id, gone: true });
      }
      expectWholePass(full);
      if (stream.fetchOne !== undefined && silent !== undefined) {
        const answer = await stream.fetchOne(bench.client, silent);
        expect(['gone', 'unknown']).toContain(answer.kind);
      }
      await bench.close();
    });

    if (stream.incremental !== 'none') {
      suite.test('incremental', 'reads what changed since, also within the second of its mark', async () => {
        const bench = await suite.bench();
        const full = await bench.pass(stream, { mode: 'full' });
        expect(typeof full.cursor).toBe('string');
        const ids = givenIds(full).filter((id) => bench.sandbox.truth(name).get(id)?.skipped !== true);
        await bench.clock.sleep(3_600_000);

        const quiet = await bench.pass(stream, { mode: 'incremental', cursor: full.cursor! });
        expect(givenIds(quiet)).toEqual([]);
        bench.sandbox.edit.update(name, ids[0]!);
        await bench.clock.sleep(60_000);
        const changed = await bench.pass(stream, { mode: 'incremental', cursor: quiet.cursor!, pageSize: 2 });
        expect(givenIds(changed)).toEqual([ids[0]]);

        // Late commits: stamped with the second up to which the last pass read, and with those before it.
        const edge = Math.floor(bench.clock.now() / 1000) * 1000;
        const late = ids.slice(1, 6);
        for (const [index, id] of late.entries()) bench.sandbox.edit.update(name, id, undefined, edge - Math.round((suite.lateMs * index) / 4_000) * 1_000);
        await bench.clock.sleep(120_000);
        const caught = await bench.pass(stream, { mode: 'incremental', cursor: changed.cursor! });
        expect(late.filter((id) => !caught.given.has(id))).toEqual([]);
        for (const pass of [quiet, changed, caught]) expect(pass.pages.at(-1)).toMatchObject({ next: null, cursor: expect.any(String) });
        await bench.close();
      });

      suite.test('skew', 'keeps to the clock of the vendor', async () => {
        for (const skew of [600_000, -600_000]) {
          const bench = await suite.bench();
          bench.sandbox.setClockSkew(skew);
          const full = await bench.pass(stream, { mode: 'full' });
          await bench.clock.sleep(60_000);
          const id = givenIds(full).find((candidate) => bench.sandbox.truth(name).get(candidate)?.skipped !== true)!;
          bench.sandbox.edit.update(name, id);
          await bench.clock.sleep(60_000);
          const after = await bench.pass(stream, { mode: 'incremental', cursor: full.cursor! });
          expect({ skew, seen: after.given.has(id) }).toEqual({ skew, seen: true });
          await bench.close();
        }
      });

      suite.test('bad-cursor', 'refuses a mark that it cannot read, so that a full pass follows', async () => {
        const bench = await suite.bench();
        await expect(bench.pass(stream, { mode: 'incremental', cursor: 'no cursor of ours' })).rejects.toMatchObject({ code: 'cursor_expired' });
        await bench.close();
      });
    }

    if (stream.fetchOne !== undefined) {
      suite.test('fetch-one', 'fetches one record as the pass gives it', async () => {
        const bench = await suite.bench();
        const full = await bench.pass(stream, { mode: 'full' });
        const id = givenIds(full)[0]!;
        const answer = await stream.fetchOne!(bench.client, id);
        expect(answer.kind).toBe('found');
        if (answer.kind === 'found') {
          const raw = full.records.find((candidate) => idsOf(bench, stream, [{ records: [candidate] }])[0] === id);
          expect(bench.map(stream, answer.raw)).toEqual(bench.map(stream, raw));
        }
        await bench.close();
      });
    }

    suite.test('again', 'gives the same a second time', async () => {
      const bench = await suite.bench();
      const first = await bench.pass(stream, { mode: 'full' });
      const second = await bench.pass(stream, { mode: 'full', pageSize: 5 });
      const byId = (pass: Pass): unknown[] => pass.records.map((raw) => bench.map(stream, raw)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      expect(byId(second)).toEqual(byId(first));
      await bench.close();
    });
  });
}

export function idsOf(bench: Bench, stream: Stream<any>, pages: readonly { readonly records: readonly unknown[] }[]): string[] {
  return pages.flatMap((page) => page.records).flatMap((raw) => {
    const mapping = bench.map(stream, raw);
    const id = 'record' in mapping ? mapping.record.externalId : mapping.externalId;
    return id === undefined ? [] : [id];
  });
}
