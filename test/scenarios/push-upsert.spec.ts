import { RejectedError } from '../../connectors/sdk/contract/index.js';
import { Tools, type ToolRow } from '../support/tools.js';
import { DAY } from './workshop.js';

const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });

describe('a target that takes new records', () => {
  let bench: Tools;
  const beta = () => bench.tool('beta');
  const created = () => beta().journal.filter(({ kind }) => kind === 'create');
  beforeEach(async () => {
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], mode: upsert, reference: lockstep_id }', gamma: '' }, { yaml: 'authority: { default: [alpha, gamma, beta] }' });
    beta().put(pc('900'));
    await bench.sync();
  });
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it('is given what it lacks, once, with our id in its reference field, and bound to its asset', async () => {
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    const asset = await bench.assetOf('alpha/1');

    expect(created()).toMatchObject([{ fields: { lockstep_id: asset, serial_number: 'SN-00001', location: 'Berlin', status: 'A' } }]);
    expect(await bench.assetOf(`beta/${created()[0]?.id}`)).toBe(asset);
    expect(await bench.rows(`SELECT kind, a_key, b_key FROM identity_constraints`)).toEqual([{ kind: 'must_link', a_key: 'alpha/records/1', b_key: `beta/records/${created()[0]?.id}` }]);
    await bench.sync();
    expect([created().length, beta().writes().length, await bench.outbox()]).toEqual([1, 1, []]);
  });

  it('has no baseline and no voice by what was put there', async () => {
    bench.tool('alpha').put(pc('1', { status: 'M' }));
    await bench.sync();
    const [body] = await bench.rows(`SELECT b.body AS body FROM record_bodies b JOIN record_heads h ON h.id = b.record_id WHERE h.external_id = ?`, [created()[0]?.id as string]);
    expect(JSON.parse(body?.['body'] as string)).not.toHaveProperty('b');
    bench.tool('alpha').edit('1', { status: 'R', location: 'Ulm' });
    await bench.sync();
    expect([beta().present(created()[0]?.id as string), await bench.rows('SELECT origin FROM stage_moves')]).toMatchObject([{ status: 'R', location: 'Ulm' }, [{ origin: 'alpha/records/1' }]]);
  });

  it('speaks for itself as soon as somebody changes the new record there', async () => {
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    beta().edit(created()[0]?.id as string, { status: 'M' });
    await bench.sync();
    expect(await bench.stageOf('alpha/1')).toBe('maintenance');
  });

  it('is searched before: what it already holds is no second time created, and a person is told', async () => {
    bench.tool('alpha').put(pc('1'));
    await bench.sync({ push: false });
    beta().put(pc('55', { serial_number: 'SN-00001', name: 'unread here' }));
    await bench.push();
    expect([created(), await bench.outbox()]).toMatchObject([[], [{ state: 'dead', reason: expect.stringContaining('55') }]]);
    // Once it is read, it is the asset's record like any other.
    await bench.sync();
    expect([created(), await bench.outbox(), await bench.assetOf('beta/55')]).toEqual([[], [], await bench.assetOf('alpha/1')]);
  });

  it('whose answer is lost is searched by the reference until its index must show it, and never given a second one', async () => {
    beta().switches.indexLagMs = 9_000;
    beta().switches.loseAnswers = 1;
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    for (let i = 0; i < 6; i++) { bench.clock.advance(2_500); await bench.push(); }

    expect([created().length, await bench.outbox(), await bench.assetOf(`beta/${created()[0]?.id}`)]).toEqual([1, [], await bench.assetOf('alpha/1')]);
    expect(await bench.rows(`SELECT b.body AS body FROM record_bodies b JOIN record_heads h ON h.id = b.record_id WHERE h.external_id = ? AND b.body LIKE '%"b":%'`, [created()[0]?.id as string])).toEqual([]);
  });

  it('that is read before the lost answer is searched for has one record of the asset, an echo', async () => {
    beta().switches.loseAnswers = 1;
    beta().switches.indexLagMs = 9_000;
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    await bench.sync();
    await bench.sync();
    expect([created().length, await bench.outbox(), await bench.reviews()]).toEqual([1, [], []]);
  });

  it('that never received it is asked again only after the lag has passed twice', async () => {
    bench.tool('alpha').put(pc('1'));
    const { create } = beta();
    let lost = 1;
    beta().create = function (fields) {
      if (lost-- > 0) { this.switches.down = true; try { return create.call(this, fields); } finally { this.switches.down = false; } }
      return create.call(this, fields);
    };
    await bench.sync();
    const sentAt = bench.clock.now();
    for (let i = 0; i < 8; i++) { bench.clock.advance(2_000); await bench.push(); }
    expect(created()).toHaveLength(1);
    expect((created()[0]?.at ?? 0) - sentAt).toBeGreaterThanOrEqual(10_000);
  });

  it('that cannot be read back yet is looked for by its id, and never given a second one', async () => {
    bench.tool('alpha').put(pc('1'));
    beta().switches.indexLagMs = 1e9;
    const { one } = beta();
    beta().one = function (id) { return id.startsWith('beta-new') ? undefined : one.call(this, id); };
    await bench.sync();
    for (let i = 0; i < 3; i++) { bench.clock.advance(60_000); await bench.push(); }
    expect([created().length, await bench.outbox()]).toMatchObject([1, [{ state: 'sending', reason: 'beta-new-1 was created and cannot be read yet' }]]);

    beta().one = one;
    bench.clock.advance(600_000);
    await bench.push();
    expect([created().length, await bench.outbox(), await bench.assetOf('beta/beta-new-1')]).toEqual([1, [], await bench.assetOf('alpha/1')]);
  });

  it('that can never be read back ends with a person; a replay and another value look for it as well', async () => {
    bench.tool('alpha').put(pc('1'));
    beta().switches.indexLagMs = 1e9;
    const { one } = beta();
    beta().one = function (id) { return id.startsWith('beta-new') ? undefined : one.call(this, id); };
    await bench.sync();
    for (let i = 0; i < 12; i++) { bench.clock.advance(3_600_000); await bench.push(); }
    const [letter] = await bench.rows('SELECT id, state, reason FROM outbox');
    expect([created().length, letter]).toMatchObject([1, { state: 'dead', reason: expect.stringContaining('beta-new-1') }]);

    await bench.letters.replay([Number(letter?.['id'])]);
    await bench.push();
    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync({ sources: ['alpha'] });
    beta().one = one;
    bench.clock.advance(3_600_000);
    await bench.push();
    expect([created().length, await bench.outbox(), await bench.assetOf('beta/beta-new-1'), beta().present('beta-new-1')?.['location']]).toEqual([1, [], await bench.assetOf('alpha/1'), 'Ulm']);
  });

  it('whose answer is lost is not made anew where nobody wants it any more', async () => {
    bench.tool('alpha').put(pc('1'), pc('2'));
    const { create } = beta();
    beta().create = function (fields) { this.switches.down = true; try { return create.call(this, fields); } finally { this.switches.down = false; } };
    await bench.sync();
    beta().create = create;
    bench.tool('alpha').edit('1', { status: 'R' });
    bench.tool('alpha').edit('2', { class: 'software' });
    await bench.sync({ sources: ['alpha'] });
    for (let i = 0; i < 4; i++) { bench.clock.advance(60_000); await bench.push(); }
    expect([created(), await bench.outbox()]).toEqual([[], []]);
  });

  it('whose answer is lost is followed to its end where nobody wants it any more', async () => {
    bench.tool('alpha').put(pc('1'));
    beta().switches.loseAnswers = 1;
    beta().switches.indexLagMs = 9_000;
    await bench.sync();
    bench.tool('alpha').edit('1', { status: 'R' });
    await bench.sync({ sources: ['alpha'] });
    for (let i = 0; i < 4; i++) { bench.clock.advance(60_000); await bench.push(); }
    expect([created().length, await bench.outbox(), beta().status('beta-new-1')]).toEqual([1, [], 'R']);
  });

  it('refused while something else came to be wanted: that is sent, as it was not yet', async () => {
    const { create } = beta();
    let refusals = 1;
    let meanwhile: Promise<unknown> | undefined;
    beta().create = function (fields) {
      meanwhile ??= bench.decisions.override('name:pc-1', 'location', 'Bonn', { reason: 'test' });
      if (refusals-- > 0) throw new RejectedError('the tool refused the record', undefined, { vendorWords: 'no such place' });
      return create.call(this, fields);
    };
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    await meanwhile;
    await bench.push();
    expect([created().map(({ fields }) => fields['location']), await bench.outbox()]).toEqual([['Bonn'], []]);
  });

  it('is given nothing that is over', async () => {
    bench.tool('alpha').put(pc('1', { status: 'R' }), pc('2', { status: 'X' }));
    await bench.sync();
    expect([created(), await bench.outbox()]).toEqual([[], []]);
  });

  it('is not given again what was deleted there', async () => {
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    beta().rows.delete(created()[0]?.id as string);
    for (let i = 0; i < 4; i++) { bench.clock.advance(DAY); await bench.sync(); }
    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync();
    expect([created().length, await bench.outbox()]).toEqual([1, []]);
  });

  it('refused: a dead letter; discarded, it is not created until a value that is pushed changes', async () => {
    const { create } = beta();
    beta().create = () => { throw new RejectedError('the tool refused the record', undefined, { vendorWords: 'model is mandatory' }); };
    bench.tool('alpha').put(pc('1'));
    await bench.sync();
    const [letter] = await bench.rows('SELECT id, state, reason FROM outbox');
    expect(letter).toMatchObject({ state: 'dead', reason: 'model is mandatory' });
    beta().create = create;
    await bench.letters.discard([Number(letter?.['id'])], 'not wanted there');
    bench.tool('alpha').edit('1', { department: 'Sales' });
    for (let i = 0; i < 3; i++) await bench.sync();
    expect([created(), await bench.outbox()]).toMatchObject([[], [{ state: 'waiting', reason: 'a person decided that it is not created there' }]]);

    bench.tool('alpha').edit('1', { location: 'Ulm' });
    await bench.sync();
    expect([created().length, await bench.outbox()]).toEqual([1, []]);
  });
});
