import { benchesOf, type Bench } from '../../sdk/conformance/index.js';
import type { NewRecord } from '../../sdk/contract/index.js';
import { connector } from '../index.js';
import { sandbox, type HaloSandbox } from '../sandbox/index.js';
import type { HaloClient } from '../session.js';
import { assetPush } from './index.js';

type Started = Bench & { readonly sandbox: HaloSandbox; readonly client: HaloClient };
const start = benchesOf<Started>(connector, sandbox.start);
const bench = (vendor: Record<string, unknown> = {}): Promise<Started> => start({ vendor });

const { create, search } = assetPush.create!;
const wanted = (given: Partial<NewRecord> = {}): NewRecord =>
  ({ assetId: '3f2504e0-4f89-41d3-9a0c-0305e82c3301', assetClass: 'server', reference: 'CFLockstepId', attributes: { name: 'qz' }, identifiers: [], ...given });
/** Assets of which the word is only a part. */
const alike = (b: Started, count: number, fieldName: string, word: string): void => {
  for (let nth = 0; nth < count; nth += 1) b.sandbox.edit.insert('assets', { [fieldName]: `${word}-${String(nth).padStart(4, '0')}`, assettype_id: 11 + (nth % 2) });
};

describe('a name or number that is a part of very many others', () => {
  it.each([[100], [30]])('hides no asset that was made before an answer was lost, on pages of %d', async (maxPageSize) => {
    const b = await bench({ maxPageSize });
    alike(b, 230, 'Hostname', 'qz');
    const made = await create(b.client, wanted());

    expect(await search(b.client, wanted())).toEqual([{ externalId: (made as { externalId: string }).externalId, by: 'reference', match: `CFLockstepId ${wanted().assetId}` }]);
  });

  it('hides no asset that holds exactly this one', async () => {
    const b = await bench();
    alike(b, 130, 'Serial Number', 'S1');
    const theirs = b.sandbox.edit.insert('assets', { 'Serial Number': 'S1' });

    expect(await search(b.client, wanted({ attributes: { serial_number: 'S1' }, identifiers: [{ kind: 'serial', value: 'S1' }] }))).toEqual([{ externalId: theirs, by: 'identifier', match: 'serial S1' }]);
  });

  it('costs a call for each page of them, and for each 99 of a type', async () => {
    const b = await bench();
    alike(b, 240, 'Hostname', 'qz');
    await search(b.client, wanted());
    b.sandbox.clearRequests();
    await search(b.client, wanted());

    const asked = b.sandbox.requests();
    expect(asked.filter(({ query }) => query['assets'] !== undefined).map(({ query }) => query['assets']!.split(',').length)).toEqual([99, 21, 99, 21]);
    // a look, then from the last page to the first
    expect(asked.filter(({ query }) => query['search'] === 'qz').map(({ query }) => query['page_no'])).toEqual(['1', '3', '2', '1']);
    expect(asked).toHaveLength(9);
  });
});
