import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { RecordWrite, StreamPush, WriteOutcome } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type ServiceNowSandbox } from '../sandbox/index.js';

type Started = Bench & { readonly sandbox: ServiceNowSandbox };
const start = benchesOf<Started>(connector, sandbox.start);
const bench = (vendor: Record<string, unknown> = {}): Promise<Started> => start({ vendor });

const push: StreamPush<any> = connector.streams.find(({ name }) => name === 'assets')!.push!;
const writesOf = async (b: Started, count: number): Promise<RecordWrite[]> => {
  const ids = Array.from({ length: count }, () => b.sandbox.edit.insert('assets'));
  const found = await push.fetchMany!(b.client, ids);
  return ids.map((externalId) => ({ externalId, current: (found.get(externalId) as { raw: unknown }).raw, fields: [{ attribute: 'purchase_order', value: 'PO-2' }] }));
};
const kinds = (outcomes: readonly WriteOutcome[]): string[] => outcomes.map(({ kind }) => kind);
const order = (b: Started, { externalId }: RecordWrite): unknown => b.sandbox.edit.read('assets', externalId)?.['po_number'];
const PATCH = { when: (request: { method: string }) => request.method === 'PATCH' };

describe('an instance without the Batch API', () => {
  it.each([['by the words of ServiceNow', { batch: false }], ['by the 404 of what stands before it', {}]])('is told %s, and records are written one by one', async (_what, vendor) => {
    const b = await bench(vendor);
    const writes = await writesOf(b, 3);
    if (!('batch' in vendor)) b.sandbox.faults.inject({ kind: 'server_error', status: 404, match: { path: '/api/now/v1/batch' } });

    expect(await push.write(b.client, writes)).toEqual(writes.map(() => ({ kind: 'accepted' })));
    expect(writes.map((write) => order(b, write))).toEqual(['PO-2', 'PO-2', 'PO-2']);
  });

  it('does not make a record look gone, nor hides that one is', async () => {
    const b = await bench({ batch: false });
    const writes = await writesOf(b, 3);
    // between the look and the write
    b.sandbox.faults.inject({ kind: 'latency', ms: 0, match: { path: '/api/now/v1/batch', when: () => { if (b.sandbox.edit.ids('assets').includes(writes[1]!.externalId)) b.sandbox.edit.remove('assets', writes[1]!.externalId); return true; } } });

    expect(kinds(await push.write(b.client, writes))).toEqual(['accepted', 'gone', 'accepted']);
  });

  it('that asks to wait is asked no more', async () => {
    const b = await bench({ batch: false });
    const writes = await writesOf(b, 3);
    b.sandbox.faults.inject({ kind: 'throttled_seconds', ms: 40_000, after: 1, match: PATCH });
    b.sandbox.clearRequests();

    expect(await push.write(b.client, writes)).toMatchObject([{ kind: 'accepted' }, { kind: 'retry', afterMs: 40_000 }, { kind: 'retry', afterMs: 40_000 }]);
    expect(order(b, writes[2]!)).not.toBe('PO-2');
  });
});

it('takes a record for gone where ServiceNow says so of it, in a batch and alone, and not where a proxy answers 404', async () => {
  const b = await bench();
  const writes = await writesOf(b, 2);
  b.sandbox.faults.inject({ kind: 'server_error', status: 404, match: { path: /\/(batch|alm_hardware\/.*)$/, when: (request) => request.method !== 'GET' } });
  expect(kinds(await push.write(b.client, writes))).toEqual(['unknown', 'unknown']);
  expect(kinds(await push.write(b.client, writes.slice(0, 1)))).toEqual(['unknown']);

  b.sandbox.faults.clear();
  const goes = (): true => { for (const { externalId } of writes) if (b.sandbox.edit.ids('assets').includes(externalId)) b.sandbox.edit.remove('assets', externalId); return true; };
  b.sandbox.faults.inject({ kind: 'latency', ms: 0, match: { path: '/api/now/v1/batch', when: goes } });
  expect(kinds(await push.write(b.client, writes))).toEqual(['gone', 'gone']);
});
