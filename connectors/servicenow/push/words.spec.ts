import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { CreateOutcome, NewRecord, StreamPush, WriteOutcome } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type ServiceNowSandbox } from '../sandbox/index.js';
import type { ServiceNowClient } from '../session.js';

type Started = Bench & { readonly sandbox: ServiceNowSandbox; readonly client: ServiceNowClient };
const bench = benchesOf<Started>(connector, sandbox.start);

const pushOf = (stream: string): StreamPush<any> => connector.streams.find((entry) => entry.name === stream)!.push!;
/** All that an outcome says, its error's own words too. */
const allOf = (outcome: CreateOutcome | WriteOutcome): string => (outcome.kind === 'refused' ? JSON.stringify([outcome.error.message, outcome.error.vendorWords, outcome.error.hint, outcome.error.stack]) : JSON.stringify(outcome));

describe('the words of the identification engine, which refuses inside a 200', () => {
  const wanted: NewRecord = { assetId: '0b1d1c9e-1111-4222-8333-444455556666', assetClass: 'server', reference: 'correlation_id', attributes: { name: 'srv-new' }, identifiers: [] };
  const refusalUnder = async (b: Started, dataSource: string): Promise<CreateOutcome> =>
    await pushOf('computers').create!.create({ ...b.client, source: { ...b.client.source, options: { dataSource } } }, wanted);

  it('hold no secret of the configuration and no token', async () => {
    const b = await bench();
    await b.check(['computers']);
    const secrets = b.sandbox.secrets().filter((secret) => b.client.redact(secret) !== secret);

    expect(secrets.length).toBeGreaterThan(1);
    for (const secret of secrets) {
      // the stand-in repeats the data source that it does not know
      const outcome = await refusalUnder(b, secret);
      expect(outcome).toMatchObject({ kind: 'refused', error: { vendorWords: expect.stringContaining('[redacted]') as string, hint: expect.stringContaining('options.dataSource') as string } });
      expect(allOf(outcome)).not.toContain(secret);
    }
  });

  it('hold no half of one either, where they are too long to be kept whole', async () => {
    const b = await bench();
    const secret = String(b.client.source.auth['clientSecret']);
    for (let before = 470 - secret.length; before < 480; before += 3) {
      const outcome = await refusalUnder(b, `${'-'.repeat(before)}${secret}`);
      expect(outcome).toMatchObject({ kind: 'refused', error: { vendorWords: expect.stringContaining('Invalid data source') as string } });
      expect(allOf(outcome)).not.toContain(secret.slice(0, 8));
    }
  });
});

it('cuts no secret in halves that stands in the words of an item of a batch', async () => {
  const b = await bench();
  const secret = String(b.client.source.auth['clientSecret']);
  const ids = [b.sandbox.edit.insert('assets'), b.sandbox.edit.insert('assets')];
  const found = await pushOf('assets').fetchMany!(b.client, ids);
  const writes = ids.map((externalId) => ({ externalId, current: (found.get(externalId) as { raw: unknown }).raw, fields: [{ attribute: 'purchase_order', value: 'PO-9' }] }));
  for (let before = 370; before < 440; before += 6) {
    b.sandbox.writes.clear();
    b.sandbox.writes.inject({ kind: 'refuse', words: `${'-'.repeat(before)}${secret}` });
    for (const outcome of await pushOf('assets').write(b.client, writes)) {
      expect(outcome.kind).toBe('refused');
      expect(allOf(outcome)).not.toContain(secret.slice(0, 8));
    }
  }
});
