import {
  ATTRIBUTES, AuthenticationError, IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, SourceError,
  type AssetRecord, type AttributeValue, type FetchedOne, type LifecycleStage, type NewRecord, type RecordWrite, type Stream, type StreamPush, type WriteOutcome,
} from '../contract/index.js';
import type { LoggedRequest } from '../sandbox/types.js';
import { describeError, type Bench } from './bench.js';
import type { Suite } from './reading.js';

/** What writes: neither a read, nor a token. */
export const isWrite = (request: LoggedRequest): boolean => request.method !== 'GET' && request.purpose === 'data';
const SHORT_MS = 400;

/** A stream that is written, with what the cases need of it. */
export interface Written { readonly stream: Stream<any>; readonly push: StreamPush<any> }

/** Writing to existing records: reliability.md D, as far as it is the connector's. The runtime decides, retries and verifies. */
export function describeWriting(suite: Suite): void {
  const written = suite.streams.flatMap((stream): Written[] => (stream.push === undefined ? [] : [{ stream, push: stream.push }]));

  describe.each(written.map((one) => [one.stream.name, one] as const))('writing %s', (name, { stream, push }) => {
    const id = (word: string): string => `push-${word}`;
    suite.test(id('contract'), 'says what it writes, reads each record back, and is not named among what is lacking', () => {
      expect(stream.fetchOne).toBeDefined();
      expect(push.batch).toBeGreaterThan(0);
      expect(new Set(push.attributes).size).toBe(push.attributes.length);
      expect(push.attributes).not.toContain('stage');
      for (const attribute of push.attributes) expect({ attribute, known: Object.hasOwn(ATTRIBUTES, attribute) }).toEqual({ attribute, known: true });
    });

    suite.test(id('same'), 'fetches records in sets as a pass gives them', async () => {
      const bench = await suite.bench();
      const pass = await bench.pass(stream, { mode: 'full' });
      const byId = new Map(pass.records.map((raw) => [idOf(bench, stream, raw), raw]));
      const ids = [...byId.keys()].filter((key): key is string => key !== undefined);
      const gone = bench.sandbox.edit.insert(name);
      bench.sandbox.edit.remove(name, gone);
      const found = await fetchAll(bench, { stream, push }, [...ids, gone]);
      expect(ids.length).toBeGreaterThan(0);
      for (const key of ids) expect(found.get(key)).toEqual({ kind: 'found', raw: byId.get(key) });
      expect(['gone', 'unknown']).toContain(found.get(gone)?.kind);
    });

    if (push.codesFor !== undefined) {
      suite.test(id('stages'), 'every stage that it writes reads back as that stage, or by its very codes', async () => {
        const bench = await suite.bench();
        const key = bench.sandbox.edit.insert(name);
        let told = 0;
        for (const stage of LIFECYCLE_STAGES) {
          const codes = push.codesFor!(stage, {});
          if (codes === undefined) continue;
          told += 1;
          expect({ stage, outcome: await writeOne(bench, { stream, push }, key, { stage }) }).toEqual({ stage, outcome: { kind: 'accepted' } });
          const reading = (await recordOf(bench, { stream, push }, key)).stage;
          const echo = Object.entries(codes).every(([field, code]) => (reading?.raw[field] ?? '') === code);
          expect({ stage, echo, reads: reading?.stage !== undefined }).toEqual({ stage, echo: true, reads: true });
        }
        expect(told).toBeGreaterThan(0);
      });

      suite.test(id('given'), 'lets the codes of the configuration win over its own', () => {
        for (const stage of LIFECYCLE_STAGES) {
          const codes = push.codesFor!(stage, {});
          const [field] = Object.keys(codes ?? {});
          if (field !== undefined) expect(push.codesFor!(stage, { [field]: 'own-code' })?.[field]).toBe('own-code');
        }
        expect(LIFECYCLE_STAGES.some((stage) => push.codesFor!(stage, {}) !== undefined)).toBe(true);
      });
    }

    suite.test(id('attributes'), 'every attribute for which it has a field reads back as it was written', async () => {
      const bench = await suite.bench({ fleetSize: 60 });
      const donors = await recordsOf(bench, stream);
      const key = bench.sandbox.edit.insert(name);
      const tried: string[] = [];
      for (const attribute of push.attributes) {
        const standing = (await recordOf(bench, { stream, push }, key)).claims[attribute];
        const value = donorOf(donors, attribute, standing);
        if (value === undefined) continue;
        tried.push(attribute);
        expect({ attribute, outcome: await writeOne(bench, { stream, push }, key, { fields: { [attribute]: value } }) }).toEqual({ attribute, outcome: { kind: 'accepted' } });
        expect({ attribute, value: (await recordOf(bench, { stream, push }, key)).claims[attribute] }).toEqual({ attribute, value });
      }
      expect(tried.length).toBeGreaterThan(push.attributes.length / 2);
    });

    suite.test(id('unwritable'), 'refuses what has no place there, with the next step, and writes nothing', async () => {
      const bench = await suite.bench();
      const key = bench.sandbox.edit.insert(name);
      bench.sandbox.writes!.clearJournal();
      expectRefusal(await writeOne(bench, { stream, push }, key, { fields: { no_such_attribute: 'x' } }));
      expect(bench.sandbox.writes!.journal()).toEqual([]);
    });

    suite.test(id('twice'), 'writing the same twice changes nothing', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      expect(await writeOne(bench, { stream, push }, key, change)).toEqual({ kind: 'accepted' });
      const first = await rawOf(bench, { stream, push }, key);
      bench.sandbox.writes!.clearJournal();
      await bench.clock.sleep(5_000);
      expect(await writeOne(bench, { stream, push }, key, change)).toEqual({ kind: 'accepted' });
      expect(await rawOf(bench, { stream, push }, key)).toEqual(first);
      expect(bench.sandbox.writes!.journal().flatMap((entry) => entry.changed)).toEqual([]);
    });

    for (const [kind, what] of [['reset_before_headers', 'a lost answer'], ['hang_before_headers', 'a success that comes after its time'], ['reset_in_body', 'an answer that breaks off']] as const) {
      suite.test(id(`lost:${kind}`), `${what} is an unknown outcome: the record holds the value, and was written once`, async () => {
        const { bench, key, change } = await subject(suite, { stream, push }, { timeoutMs: kind.startsWith('hang') ? SHORT_MS : 5_000 });
        const write = await writeFor(bench, { stream, push }, key, change);
        bench.sandbox.writes!.clearJournal();
        const fault = bench.sandbox.faults.inject({ kind, match: { when: isWrite } });
        expect((await outcomesOf(bench, push, [write])).map((outcome) => outcome.kind)).toEqual(['unknown']);
        expect(fault.hits()).toBe(1);
        bench.sandbox.faults.clear();
        expectHolds(await recordOf(bench, { stream, push }, key), write);
        expect(bench.sandbox.writes!.journal().filter((entry) => entry.by === 'api' && entry.externalId === key).length).toBe(1);
      });
    }

    suite.test(id('error'), 'a server error is never told as a success or a refusal', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      bench.sandbox.faults.inject({ kind: 'server_error', match: { when: isWrite }, status: 502 });
      const [outcome] = await outcomesOf(bench, push, [write]);
      expect(['unknown', 'retry']).toContain(outcome!.kind);
    });

    suite.test(id('conflict'), 'does not overwrite what changed since the record was read', async () => {
      const { bench, key, change, other } = await subject(suite, { stream, push });
      const stale = await writeFor(bench, { stream, push }, key, other);
      const theirs = await writeFor(bench, { stream, push }, key, change);
      await bench.clock.sleep(2_000);
      expect((await outcomesOf(bench, push, [theirs])).map((outcome) => outcome.kind)).toEqual(['accepted']);
      bench.sandbox.writes!.clearJournal();
      expect((await outcomesOf(bench, push, [stale])).map((outcome) => outcome.kind)).toEqual(['conflict']);
      expectHolds(await recordOf(bench, { stream, push }, key), theirs);
      expect(bench.sandbox.writes!.journal()).toEqual([]);
    });

    suite.test(id('gone'), 'a record that is gone is told so, and not made anew', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      bench.sandbox.edit.remove(name, key);
      const before = bench.sandbox.edit.ids(name).length;
      expect((await outcomesOf(bench, push, [write])).map((outcome) => outcome.kind)).toEqual(['gone']);
      expect(bench.sandbox.edit.ids(name).length).toBe(before);
    });

    suite.test(id('refused'), 'a refusal keeps the words of the vendor, and says what to do', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      bench.sandbox.writes!.inject({ kind: 'refuse', words: 'Keep retired assets' });
      const [outcome] = await outcomesOf(bench, push, [write]);
      expectRefusal(outcome!);
      if (outcome!.kind === 'refused') expect(`${outcome!.error.message} ${outcome!.error.vendorWords ?? ''}`).toContain('Keep retired assets');
    });

    suite.test(id('forbidden'), 'a missing right is refused, and named', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      bench.sandbox.faults.inject({ kind: 'forbidden', match: { when: isWrite } });
      expectRefusal((await outcomesOf(bench, push, [write]))[0]!);
    });

    suite.test(id('token'), 'a token that ended is renewed, credentials that are wrong are told as such', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      bench.sandbox.faults.inject({ kind: 'unauthorised', times: 1, match: { when: isWrite } });
      const outcome = await outcomesOf(bench, push, [write]).catch((error: unknown) => error);
      // a method without a token has nothing to renew
      if (outcome instanceof AuthenticationError) expect((outcome.hint ?? '').length).toBeGreaterThan(10);
      else expect((outcome as WriteOutcome[]).map(({ kind }) => kind)).toEqual(['accepted']);
      bench.sandbox.faults.inject({ kind: 'unauthorised', match: { when: isWrite } });
      await expect(outcomesOf(bench, push, [await writeFor(bench, { stream, push }, key, change)])).rejects.toBeInstanceOf(AuthenticationError);
    });

    suite.test(id('throttled'), 'waits as long as it is asked to, or says how long', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      const kinds = (['throttled_seconds', 'throttled_vendor'] as const).filter((kind) => bench.sandbox.faults.supported.includes(kind));
      expect(kinds.length).toBeGreaterThan(0);
      bench.sandbox.faults.inject({ kind: kinds[0]!, times: 1, ms: 17_000, match: { when: isWrite } });
      const begun = bench.clock.now();
      const [outcome] = await outcomesOf(bench, push, [write]);
      if (outcome!.kind === 'retry') expect(outcome!.afterMs).toBeGreaterThanOrEqual(17_000);
      else expect({ kind: outcome!.kind, waited: bench.clock.now() - begun >= 17_000 }).toEqual({ kind: 'accepted', waited: true });
    });

    suite.test(id('ignored'), 'finds a likely cause where an accepted write changed nothing', async () => {
      const { bench, key, change } = await subject(suite, { stream, push });
      const write = await writeFor(bench, { stream, push }, key, change);
      bench.sandbox.writes!.inject({ kind: 'ignore' });
      expect((await outcomesOf(bench, push, [write])).map((outcome) => outcome.kind)).toEqual(['accepted']);
      const after = await rawOf(bench, { stream, push }, key);
      expect(after).toEqual(write.current);
      if (push.likelyCause === undefined) return;
      expect((await push.likelyCause(bench.client, write, after))?.length).toBeGreaterThan(10);
      // who may read nothing learns nothing, and comes to no harm
      bench.sandbox.faults.inject({ kind: 'forbidden', match: { purpose: 'any', when: (request) => request.purpose !== 'auth' } });
      expect(['string', 'undefined']).toContain(typeof await push.likelyCause(bench.client, write, after));
    });

    if (push.batch > 1) {
      suite.test(id('batch'), 'gives each record of a batch its own outcome', async () => {
        const { bench, change, keys } = await subject(suite, { stream, push }, { count: 4 });
        const writes = await writesFor(bench, { stream, push }, keys, change);
        const [, refusing, missing] = keys;
        bench.sandbox.writes!.inject({ kind: 'refuse', words: 'Not this one', match: { externalId: refusing! } });
        bench.sandbox.edit.remove(name, missing!);
        bench.sandbox.writes!.clearJournal();
        expect((await outcomesOf(bench, push, writes)).map((outcome) => outcome.kind)).toEqual(['accepted', 'refused', 'gone', 'accepted']);
        expect(changedIds(bench)).toEqual([keys[0], keys[3]].sort());
      });

      suite.test(id('batch-throttled'), 'a batch that is throttled half-way is applied half-way, and says so', async () => {
        const { bench, change, keys } = await subject(suite, { stream, push }, { count: 3 });
        const writes = await writesFor(bench, { stream, push }, keys, change);
        bench.sandbox.writes!.clearJournal();
        bench.sandbox.writes!.inject({ kind: 'throttle', ms: 30_000, after: 1, times: 2 });
        const begun = bench.clock.now();
        const outcomes = await outcomesOf(bench, push, writes);
        const waited = bench.clock.now() - begun;
        for (const outcome of outcomes.slice(1)) {
          expect(outcome.kind === 'retry' ? outcome.afterMs ?? waited : outcome.kind === 'accepted' ? waited : 0).toBeGreaterThanOrEqual(30_000);
        }
        expect(changedIds(bench)).toEqual(keys.filter((_key, at) => outcomes[at]!.kind === 'accepted').sort());
      });

      suite.test(id('batch-lost'), 'of a batch whose answer is lost every outcome is unknown', async () => {
        const { bench, change, keys } = await subject(suite, { stream, push }, { count: 3 });
        const writes = await writesFor(bench, { stream, push }, keys, change);
        bench.sandbox.writes!.clearJournal();
        bench.sandbox.faults.inject({ kind: 'reset_before_headers', match: { when: isWrite } });
        expect((await outcomesOf(bench, push, writes)).map((outcome) => outcome.kind)).toEqual(['unknown', 'unknown', 'unknown']);
        expect(bench.sandbox.writes!.journal().filter((entry) => entry.by === 'api').length).toBe(3);
      });
    }

    suite.test(id('secrets'), 'no secret stands in an outcome, though the vendor echoes it', async () => {
      const { bench, change, keys } = await subject(suite, { stream, push }, { count: Math.min(push.batch, 2) });
      // those of other methods never were ours to know
      const sent = JSON.stringify([bench.source.auth, bench.sandbox.requests().map((request) => request.headers)]);
      const secrets = bench.sandbox.secrets().filter((secret) => sent.includes(JSON.stringify(secret).slice(1, -1)));
      bench.sandbox.writes!.inject({ kind: 'refuse', words: `You sent ${secrets.join(' and ')}` });
      const said: unknown[] = [];
      for (const some of [keys.slice(0, 1), keys]) {
        const writes = await writesFor(bench, { stream, push }, some, change);
        for (const outcome of await outcomesOf(bench, push, writes)) {
          expectRefusal(outcome);
          if (outcome.kind === 'refused') said.push(describeError(outcome.error), outcome.error.vendorWords);
        }
      }
      const text = JSON.stringify([said, bench.log.entries]);
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of secrets) expect({ secret, said: text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)) }).toEqual({ secret, said: false });
    });
  });

  describeCreating(suite, written);
}

function describeCreating(suite: Suite, written: readonly Written[]): void {
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

interface Change { readonly stage?: LifecycleStage; readonly fields?: Readonly<Record<string, AttributeValue | null>> }

/** Fresh records, and two changes that differ from what they say and from each other. */
async function subject(suite: Suite, one: Written, options: { readonly timeoutMs?: number; readonly count?: number } = {}): Promise<{ bench: Bench; key: string; keys: string[]; change: Change; other: Change }> {
  const bench = await suite.bench(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs });
  const keys = Array.from({ length: options.count ?? 1 }, () => bench.sandbox.edit.insert(one.stream.name));
  const before = await recordOf(bench, one, keys[0]!);
  const stages = LIFECYCLE_STAGES.filter((stage) => stage !== before.stage?.stage && one.push.codesFor?.(stage, {}) !== undefined);
  if (stages.length >= 2) return { bench, key: keys[0]!, keys, change: { stage: stages[0]! }, other: { stage: stages[1]! } };
  const donors = await recordsOf(bench, one.stream);
  for (const attribute of one.push.attributes) {
    const first = donorOf(donors, attribute, before.claims[attribute]);
    const second = donorOf(donors, attribute, before.claims[attribute], first);
    if (first !== undefined && second !== undefined) return { bench, key: keys[0]!, keys, change: { fields: { [attribute]: first } }, other: { fields: { [attribute]: second } } };
  }
  throw new Error(`${one.stream.name}: nothing to write two values of`);
}

async function fetchAll(bench: Bench, { stream, push }: Written, ids: readonly string[]): Promise<ReadonlyMap<string, FetchedOne<any>>> {
  if (push.fetchMany !== undefined) return await push.fetchMany(bench.client, ids);
  const found = new Map<string, FetchedOne<any>>();
  for (const id of ids) found.set(id, await stream.fetchOne!(bench.client, id));
  return found;
}

async function rawOf(bench: Bench, one: Written, id: string): Promise<unknown> {
  const found = (await fetchAll(bench, one, [id])).get(id);
  if (found?.kind !== 'found') throw new Error(`${one.stream.name} ${id} is not found: ${JSON.stringify(found)}`);
  return found.raw;
}

async function recordOf(bench: Bench, one: Written, id: string): Promise<AssetRecord> {
  const mapping = bench.map(one.stream, await rawOf(bench, one, id));
  if (!('record' in mapping) || mapping.record.kind !== 'asset') throw new Error(`${one.stream.name} ${id} is no asset: ${JSON.stringify(mapping)}`);
  return mapping.record;
}

async function writesFor(bench: Bench, one: Written, ids: readonly string[], change: Change): Promise<RecordWrite[]> {
  const writes: RecordWrite[] = [];
  for (const externalId of ids) {
    writes.push({
      externalId, current: await rawOf(bench, one, externalId),
      ...(change.stage !== undefined && { stage: { stage: change.stage, codes: one.push.codesFor!(change.stage, {})! } }),
      fields: Object.entries(change.fields ?? {}).map(([attribute, value]) => ({ attribute, value })),
    });
  }
  return writes;
}
const writeFor = async (bench: Bench, one: Written, id: string, change: Change): Promise<RecordWrite> => (await writesFor(bench, one, [id], change))[0]!;

async function outcomesOf(bench: Bench, push: StreamPush<any>, writes: readonly RecordWrite[]): Promise<readonly WriteOutcome[]> {
  const outcomes = await push.write(bench.client, writes);
  expect(outcomes.length).toBe(writes.length);
  return outcomes;
}

const writeOne = async (bench: Bench, one: Written, id: string, change: Change): Promise<WriteOutcome> => (await outcomesOf(bench, one.push, [await writeFor(bench, one, id, change)]))[0]!;

async function recordsOf(bench: Bench, stream: Stream<any>): Promise<AssetRecord[]> {
  const pass = await bench.pass(stream, { mode: 'full' });
  return pass.records.flatMap((raw) => {
    const mapping = bench.map(stream, raw);
    return 'record' in mapping && mapping.record.kind === 'asset' ? [mapping.record] : [];
  });
}

/** A value that another record has, so that the vendor surely knows it; identifying ones are changed a little, for they are somebody's. */
function donorOf(donors: readonly AssetRecord[], attribute: string, ...not: readonly (AttributeValue | null | undefined)[]): AttributeValue | undefined {
  const values = donors.map((record) => record.claims[attribute]).filter((value): value is AttributeValue => value !== undefined && value !== null && typeof value !== 'object');
  const fresh = Object.hasOwn(IDENTIFYING_ATTRIBUTES, attribute) ? values.map((value) => `${String(value)}7`) : values;
  return fresh.find((value) => !not.includes(value));
}

function expectHolds(record: AssetRecord, write: RecordWrite): void {
  for (const [field, code] of Object.entries(write.stage?.codes ?? {})) expect({ field, code: record.stage?.raw[field] ?? '' }).toEqual({ field, code });
  for (const { attribute, value } of write.fields) expect({ attribute, value: record.claims[attribute] }).toEqual({ attribute, value });
}

function expectRefusal(outcome: { readonly kind: string; readonly error?: unknown }): void {
  expect(outcome.kind).toBe('refused');
  expect(outcome.error).toBeInstanceOf(SourceError);
  const error = outcome.error as SourceError;
  expect({ message: error.message.length > 20, hint: (error.hint ?? '').length > 10 ? 'there' : `of ${error.message}` }).toEqual({ message: true, hint: 'there' });
}

const changedIds = (bench: Bench): string[] => bench.sandbox.writes!.journal().filter((entry) => entry.by === 'api' && entry.changed.length > 0).map((entry) => entry.externalId).sort();

const idOf = (bench: Bench, stream: Stream<any>, raw: unknown): string | undefined => {
  const mapping = bench.map(stream, raw);
  return 'record' in mapping ? mapping.record.externalId : mapping.externalId;
};
