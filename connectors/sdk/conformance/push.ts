import { ATTRIBUTES, AuthenticationError, LIFECYCLE_STAGES, type WriteOutcome } from '../contract/index.js';
import { describeError } from './bench.js';
import { describeCreating } from './creating.js';
import type { Suite } from './reading.js';
import { changedIds, donorOf, expectHolds, expectRefusal, fetchAll, idOf, isWrite, outcomesOf, rawOf, recordOf, recordsOf, subject, writeFor, writeOne, writesFor, type Written } from './written.js';

const SHORT_MS = 400;

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
