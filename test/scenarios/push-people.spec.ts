import { HOUR } from './workshop.js';
import { Tools, type ToolRow } from '../support/tools.js';

const pc = (more: Partial<ToolRow> = {}): ToolRow => ({ id: '1', status: 'A', serial_number: 'SN-0001', name: 'pc-1', ...more });

describe('what a person decides of a stage', () => {
  let bench: Tools;
  let asset: string;
  const move = (stage: string, evidence?: string) => bench.decisions.transition(asset, stage, { reason: 'test', ...(evidence !== undefined && { evidence }) });
  const statuses = (): (string | undefined)[] => ['alpha', 'beta'].map((name) => bench.tool(name).status('1'));
  beforeEach(async () => {
    bench = await Tools.open({ alpha: '{ enabled: true }', beta: '{ enabled: true }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put(pc());
    await bench.sync();
    asset = await bench.assetOf('alpha/1');
  });
  afterEach(async () => {
    await bench.isAtRest();
    await bench.close();
  });

  it('reaches every tool', async () => {
    await move('maintenance');
    await bench.push();
    expect(statuses()).toEqual(['M', 'M']);
  });

  it('is outranked by a later move elsewhere', async () => {
    await move('maintenance');
    await bench.sync();
    bench.clock.advance(HOUR);
    bench.tool('beta').edit('1', { status: 'R' });
    await bench.sync();
    expect(statuses()).toEqual(['R', 'R']);
  });

  it('disposes of hardware with evidence only, and under a legal hold not even so', async () => {
    await move('retired');
    await expect(move('disposed')).rejects.toThrow(/evidence|disposed/);
    await bench.decisions.hold(asset, 'legal', { reason: 'case 7', lift: false });
    await expect(move('disposed', 'CERT-1')).rejects.toThrow(/disposed/);
    await bench.push();
    expect(statuses()).toEqual(['R', 'R']);

    await bench.decisions.hold(asset, 'legal', { reason: 'case closed', lift: true });
    await move('disposed', 'CERT-1');
    await bench.push();
    expect(statuses()).toEqual(['X', 'X']);
    expect(await bench.rows(`SELECT to_stage, evidence FROM stage_moves WHERE evidence IS NOT NULL`)).toEqual([{ to_stage: 'disposed', evidence: 'CERT-1' }]);
  });

  it('a tool that disposes of it meanwhile is left alone until a person has decided', async () => {
    await move('retired');
    await bench.sync();
    await bench.decisions.hold(asset, 'legal', { reason: 'case 7', lift: false });
    bench.clock.advance(HOUR);
    bench.tool('beta').edit('1', { status: 'X' });
    await bench.sync();
    expect([statuses(), (await bench.reviews()).map(({ kind }) => kind)]).toEqual([['R', 'X'], ['guarded_move']]);
    await bench.resolve('guarded_move', 'reject');
    await bench.sync();
    expect(statuses()).toEqual(['R', 'R']);
  });

  it('is refused where the life cycle has no such way, and leaves nothing behind', async () => {
    await move('retired');
    await expect(move('in_use')).rejects.toThrow(/retired/);
    await expect(move('nonsense')).rejects.toThrow(/./);
    await bench.push();
    expect([statuses(), await bench.reviews()]).toEqual([['R', 'R'], []]);
  });
});
