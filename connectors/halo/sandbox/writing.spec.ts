import type { Clock } from '../../sdk/contract/index.js';
import { createFleet, type SandboxOptions } from '../../sdk/sandbox/index.js';
import { clientOf, type Answer } from './asking.js';
import { start, type HaloSandbox } from './index.js';

const fleet = createFleet({ size: 44 });
let now = fleet.at;
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; return Promise.resolve(); } };
let sandbox: HaloSandbox;
const { ask, get, ids, post, token } = clientOf(() => sandbox);
const ALL = { includeactive: 'true', includeinactive: 'true' };
const read = async (id: number): Promise<any> => (await get(`/api/Asset/${id}`, { includedetails: 'true' })).body;
const fieldOf = (row: any, name: string): unknown => row.fields.find((field: { name: string }) => field.name === name)?.value;
const customOf = (row: any, name: string): unknown => row.customfields.find((field: { name: string }) => field.name === name)?.value;
let one: number;

async function fresh(options: SandboxOptions = {}): Promise<void> {
  await sandbox?.close();
  now = fleet.at;
  sandbox = await start({ fleet, clock, ...options });
  // a server in use
  one = Number(sandbox.edit.ids('assets').find((id) => { const row = sandbox.edit.read('assets', id); return row?.['assettype_id'] === 11 && row['status_id'] === 1; }));
}
beforeEach(() => fresh());
afterEach(() => sandbox.close());

describe('an update', () => {
  it('keeps what is left out, and answers one object for one, a list for several', async () => {
    const before = await read(one);
    const answer = await post([{ id: one, status_id: 6, inactive: true }]);

    expect(answer).toMatchObject({ status: 201, body: { id: one, status_id: 6, status_name: 'Retired', inactive: true, inventory_number: before.inventory_number } });
    expect({ ...await read(one), status_id: 1, status_name: 'Active', inactive: false, last_modified: before.last_modified, dlastupdate: before.dlastupdate }).toEqual(before);
    expect((await post([{ id: one, status_id: 1 }, { id: one + 1, inactive: false }])).body).toHaveLength(2);
  });

  it('moves the time of change only where something changed', async () => {
    const { last_modified: before } = await read(one);
    now += 60_000;
    expect((await post([{ id: one, status_id: 1 }])).body.last_modified).toBe(before);
    expect((await post([{ id: one, status_id: 5 }])).body.last_modified).not.toBe(before);
    expect(sandbox.audit.map(({ what, changed }) => [what, changed])).toEqual([['unchanged', []], ['update', ['status_id']]]);
  });

  it('of fields and custom fields changes those that are named, by number or text', async () => {
    const before = await read(one);
    await post([{ id: one, fields: [{ id: '102', value: 'NEWSERIAL' }, { id: 103, value: 'R999' }], customfields: [{ id: 211, value: 'ast-1' }] }]);
    const after = await read(one);

    expect([fieldOf(after, 'Serial Number'), fieldOf(after, 'Model'), customOf(after, 'CFLockstepId'), fieldOf(after, 'FQDN'), customOf(after, 'CFCostCentre')])
      .toEqual(['NEWSERIAL', 'R999', 'ast-1', fieldOf(before, 'FQDN'), customOf(before, 'CFCostCentre')]);
    expect(after.key_field2).toBe('NEWSERIAL');
  });

  it('of what nobody may write is accepted without a word, and nothing changes', async () => {
    const before = await read(one);
    const answer = await post([{ id: one, status_name: 'Retired', username: 'eve', key_field: 'x', nonsense: 1, fields: [{ id: 999, value: 'x' }], customfields: [{ id: 999, value: 'x' }] }]);

    expect(answer.status).toBe(201);
    expect(await read(one)).toEqual(before);
    expect(sandbox.requests().flatMap(({ notes }) => notes ?? [])).toHaveLength(6);
    expect(sandbox.audit).toEqual([expect.objectContaining({ what: 'unchanged', id: one })]);
  });
});

describe('a create', () => {
  const machine = { assettype_id: 11, site_id: 1, client_id: 12, inventory_number: 'NEW-1', fields: [{ id: 101, value: 'new-1' }], customfields: [{ id: 211, value: 'ast-9' }] };

  it('is what an element without an id makes, each time anew', async () => {
    const first = await post([machine]);
    const again = await post([{ ...machine, id: 0 }]);

    expect(first).toMatchObject({ status: 201, body: { key_field: 'new-1', inventory_number: 'NEW-1', status_name: 'Active', inactive: false } });
    expect(again.body.id).not.toBe(first.body.id);
    expect(await ids({ ...ALL, inventory_number: 'NEW-1' })).toEqual([first.body.id, again.body.id]);
    expect(sandbox.audit.map(({ what, id }) => [what, id])).toEqual([['create', first.body.id], ['create', again.body.id]]);
    expect(sandbox.truth('assets').has(String(first.body.id))).toBe(true);
  });

  it('needs type and site, and takes the status of new assets', async () => {
    expect(await post([{ inventory_number: 'x' }])).toMatchObject({ status: 400, body: { errors: { assettype_id: expect.any(Array), site_id: expect.any(Array) } } });
    expect((await post([{ assettype_id: 99, site_id: 1 }])).status).toBe(400);
    sandbox.switches.statusOfNewAssets = 3;
    expect((await post([machine])).body.status_name).toBe('In Stock');
  });

  it('is found by its id at once, in lists only after the lag', async () => {
    sandbox.switches.indexLagMs = 20_000;
    const { id } = (await post([machine])).body;

    expect((await read(id)).id).toBe(id);
    expect([await ids({ ...ALL, inventory_number: 'NEW-1' }), await ids({ ...ALL, search: 'new-1' })]).toEqual([[], []]);
    now += 20_000;
    expect(await ids({ ...ALL, inventory_number: 'NEW-1' })).toEqual([id]);
  });

  it('with a tag that is taken is refused where tags must be unique', async () => {
    const { inventory_number } = await read(one);
    expect((await post([{ ...machine, inventory_number }])).status).toBe(201);
    sandbox.switches.uniqueTags = true;

    expect(await post([{ ...machine, inventory_number }])).toMatchObject({ status: 400, body: { errorMessage: 'Asset tag must be unique' } });
    expect(await post([{ ...machine, inventory_number: 'A' }, { ...machine, inventory_number: 'A' }])).toMatchObject({ status: 400 });
    // its own tag is no other's
    expect((await post([{ id: one + 1, inventory_number: (await read(one + 1)).inventory_number }])).status).toBe(201);
  });
});

describe('refusals', () => {
  it('a bare object, no array, an empty one, no JSON, another type', async () => {
    for (const body of [{ id: 2001 }, [], ['x'], 7]) expect({ body, status: (await post(body)).status }).toEqual({ body, status: 400 });
    const raw = (type: string, body: string): Promise<Answer> => ask('/api/Asset', { method: 'POST', headers: { 'content-type': type }, body });
    expect((await raw('application/json', '[{')).status).toBe(400);
    expect((await raw('text/plain', '[]')).status).toBe(415);
    expect(sandbox.audit).toEqual([]);
  });

  it('an asset that is not there: 404', async () => {
    expect((await post([{ id: 999_999, status_id: 1 }])).status).toBe(404);
    expect(sandbox.audit).toEqual([expect.objectContaining({ what: 'refused', id: 999_999 })]);
  });

  it('a status that does not exist, that the type forbids, or that may not follow: 400, and nothing changes', async () => {
    const machine = Number(sandbox.edit.ids('assets').find((id) => sandbox.edit.read('assets', id)?.['assettype_id'] === 15));
    sandbox.switches.forbiddenMoves = [[1, 7]];
    const before = await read(one);

    expect(await post([{ id: one, status_id: 99 }])).toMatchObject({ status: 400, body: { errors: { status_id: [expect.any(String)] } } });
    expect(await post([{ id: machine, status_id: 9 }])).toMatchObject({ status: 400, body: { Message: expect.stringContaining('not allowed') } });
    expect(await post([{ id: one, status_id: 7 }])).toMatchObject({ status: 400, body: { Message: expect.any(String) } });
    expect(await read(one)).toEqual(before);
  });

  it('a token that may only read: 403', async () => {
    const { access_token: value } = (await token({ scope: 'read:assets' })).body;
    expect((await ask('/api/Asset', { method: 'POST', headers: { authorization: `Bearer ${value}`, 'content-type': 'application/json' }, body: '[]' })).status).toBe(403);
  });

  it.each([['earlier_stay', 5], ['none_stay', 1]] as const)('one of a batch: %s', async (refusedBatch, status) => {
    sandbox.switches.refusedBatch = refusedBatch;
    expect((await post([{ id: one, status_id: 5 }, { id: one, status_id: 99 }, { id: one, status_id: 4 }])).status).toBe(400);
    expect((await read(one)).status_id).toBe(status);
  });
});

describe('an instance of its own mind', () => {
  it('ignores writes, all or to some', async () => {
    sandbox.switches.ignoresWritesTo = ['status_id', 'fields.Model'];
    const before = await read(one);
    await post([{ id: one, status_id: 6, inactive: true, fields: [{ id: 103, value: 'x' }, { id: 111, value: '1' }] }]);
    const after = await read(one);

    expect([after.status_id, after.inactive, fieldOf(after, 'Model'), fieldOf(after, 'OS Version')]).toEqual([1, true, fieldOf(before, 'Model'), '1']);
    sandbox.switches.ignoresWritesTo = ['*'];
    expect(await post([{ id: one, inactive: false }])).toMatchObject({ status: 201, body: { inactive: true } });
    expect(sandbox.audit.at(-1)?.what).toBe('unchanged');
  });

  it('writes texts in its own way', async () => {
    sandbox.switches.rewrites = ['lower_case', 'trim', 'reformat_dates'];
    await post([{ id: one, warranty_end: '2030-05-06', fields: [{ id: 103, value: ' PowerEdge R999 ' }] }]);

    expect([(await read(one)).warranty_end, fieldOf(await read(one), 'Model')]).toEqual(['2030-05-06T00:00:00', 'poweredge r999']);
  });

  it('fires a rule of its own some time after a write, once, and not where automations are held', async () => {
    sandbox.switches.ownRule = { afterMs: 2_000, change: { status_id: 10 } };
    await post([{ id: one, status_id: 5 }]);
    await post([{ id: one + 1, criticality: 3, _dont_fire_automations: true }]);

    expect((await read(one)).status_id).toBe(5);
    now += 2_000;
    expect((await read(one)).status_id).toBe(10);
    expect((await read(one + 1)).status_id).not.toBe(10);
    expect(sandbox.audit.filter(({ what }) => what === 'own_rule')).toEqual([{ at: fleet.at + 2_000, what: 'own_rule', id: one, given: { status_id: 10 }, changed: ['status_id'] }]);
  });

  it('can lose the answer after it has written', async () => {
    sandbox.faults.inject({ kind: 'reset_before_headers', times: 1, match: { method: 'POST', path: '/api/Asset' } });

    await expect(post([{ id: one, status_id: 6 }])).rejects.toThrow();
    expect((await read(one)).status_id).toBe(6);
    expect(sandbox.audit).toEqual([{ at: now, what: 'update', id: one, given: { id: one, status_id: 6 }, changed: ['status_id'] }]);
    sandbox.clearAudit();
    expect(sandbox.audit).toEqual([]);
  });

  it('is not written to while it is down', async () => {
    const row = await read(one);
    const { access_token: value } = (await token()).body;
    sandbox.switches.down = true;
    const answer = await fetch(`${sandbox.url}/api/Asset`, { method: 'POST', headers: { authorization: `Bearer ${value}`, 'content-type': 'application/json' }, body: JSON.stringify([{ id: one, status_id: 6 }]) });
    sandbox.switches.down = false;

    expect(answer.status).toBe(503);
    expect(await read(one)).toEqual(row);
  });
});

describe('a check without a write', () => {
  it('answers as if, and keeps nothing', async () => {
    expect(await post([{ id: one, status_id: 6, _validateonly: true }])).toMatchObject({ status: 201, body: { status_id: 6 } });
    expect((await read(one)).status_id).toBe(1);
    expect((await post([{ id: one, status_id: 99, _validateonly: true }])).status).toBe(400);
    const count = sandbox.edit.ids('assets').length;
    expect((await post([{ assettype_id: 11, site_id: 1, _validateonly: true }])).status).toBe(201);
    expect(sandbox.edit.ids('assets').length).toBe(count);
    expect(sandbox.audit.map(({ what }) => what)).toEqual(['validated', 'refused', 'validated']);
  });
});

describe('a delete', () => {
  it('is final', async () => {
    const child = sandbox.edit.ids('relationships').find((id) => id.includes('>'))!.split('>');
    expect((await ask(`/api/Asset/${child[1]}`, { method: 'DELETE' })).status).toBe(204);

    expect((await get(`/api/Asset/${child[1]}`)).status).toBe(404);
    expect((await ask(`/api/Asset/${child[1]}`, { method: 'DELETE' })).status).toBe(404);
    expect((await read(Number(child[0]))).parent_assets).toEqual([]);
    expect(sandbox.audit.map(({ what }) => what)).toEqual(['delete']);
  });
});
