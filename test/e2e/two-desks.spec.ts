import { createFleet } from '../../connectors/sdk/sandbox/index.js';
import { terminal, type Answer, type Terminal } from '../cli/harness.js';
import { startStandins, type Standins } from '../support/standins.js';

/** Two service desks of different shape with one fleet: one tells what changed and when, the other tells neither. */
describe('two service desks', () => {
  let desk: Terminal;
  let standins: Standins<'halo' | 'servicenow'>;
  const lockstep = (line: string): Promise<Answer> => desk.lockstep(line, { env: standins.env() });
  const statuses = (answer: Answer): unknown => answer.json[0].runs.map(({ source, status, assets }: Record<string, unknown>) => ({ source, status, assets }));
  const assets = async (): Promise<{ id: string; name: string; stage: string; class: string; sources: { source: string; stream: string; externalId: string; tombstonedAt?: string }[] }[]> => (await lockstep('assets list --json')).json as never;
  const keyOf = (source: { source: string; stream: string; externalId: string }): string => `${source.source}/${source.stream}/${source.externalId}`;
  const holding = async (id: string) => (await assets()).find(({ sources }) => sources.some((source) => keyOf(source) === `halo/assets/${id}`))!;
  const day = 86_400_000;

  beforeAll(async () => {
    const at = Date.parse('2026-11-20T12:00:00Z');
    desk = terminal(at);
    const clock = { now: () => desk.now, sleep: async (ms: number) => void (desk.now += ms) };
    standins = await startStandins({
      fleet: createFleet({ size: 60, at }), clock, head: ['database: { url: "sqlite:./lockstep.db" }', 'lifecycle: { speakers: { halo: all, servicenow: none } }', 'authority: { stage: { order: [halo, servicenow] } }'],
      sources: { halo: {}, servicenow: {} },
    });
    await standins.writeConfig(desk.folder);
  }, 60_000);
  afterAll(async () => {
    await standins?.close();
    desk?.dispose();
  });

  it('are checked, and name what only a person can tell', async () => {
    const answer = await lockstep('check halo --json');

    expect(answer.code).toBe(0);
    expect(answer.out).toContain('without a class: Printer');
    expect(answer.out).toContain('without a meaning: Awaiting Audit');
  }, 60_000);

  it('are discovered as a mapping that config check accepts, also with its proposals taken up', async () => {
    const { code, out } = await lockstep('discover halo');
    desk.write('found.yaml', out);
    const taken = out.replace('assets: {}', 'assets:').replace(/# (stage: \{)/, '  $1');
    desk.write('taken.yaml', taken);

    expect(code).toBe(0);
    expect(taken).toMatch(/^ {10}stage: \{ from: status\.name, values: \{ "Awaiting Audit": in_use \}/m);
    expect(out).toContain('status.name = "Awaiting Audit"');
    for (const file of ['found.yaml', 'taken.yaml']) expect(await lockstep(`config check --config lockstep.yaml --config ${file}`)).toMatchObject({ code: 0 });
  }, 60_000);

  it('become the fleet, and write nothing the second time', async () => {
    expect(statuses(await lockstep('sync --json'))).toEqual(['halo', 'servicenow'].map((source) => ({ source, status: 'succeeded', assets: expect.anything() })));

    const truth = new Map<string, string[]>();
    for (const [source, sandbox] of Object.entries(standins.sandboxes)) {
      for (const stream of ['assets', 'computers', 'network', 'vms']) {
        for (const [id, facts] of sandbox.truth(stream)) if (facts.skipped !== true && facts.asset !== undefined) truth.set(facts.asset, [...truth.get(facts.asset) ?? [], `${source}/${stream}/${id}`]);
      }
    }
    const sorted = (lists: readonly string[][]): string[] => lists.map((list) => list.sort().join(' ')).sort();
    expect(sorted((await assets()).map(({ sources }) => sources.map(keyOf)))).toEqual(sorted([...truth.values()]));
    const none = { created: 0, updated: 0, merged: 0, retired: 0 };
    expect(statuses(await lockstep('sync --json'))).toEqual(['halo', 'servicenow'].map((source) => ({ source, status: 'succeeded', assets: none })));
    expect((await lockstep('rebuild --verify --json')).code).toBe(0);
  }, 120_000);

  it('move an asset by the status of the one that speaks, read in full because it cannot tell what changed', async () => {
    const { halo } = standins.sandboxes;
    const id = halo.edit.ids('assets').find((each) => halo.truth('assets').get(each)?.stage === 'in_use')!;
    halo.edit.update('assets', id, { status_id: 5 });
    desk.now += 600_000;
    const [run] = (await lockstep('sync halo --json')).json[0].runs;

    expect([run.streams.assets.changed, run.streams.assets.read]).toEqual([1, halo.edit.ids('assets').length]);
    expect((await holding(id)).stage).toBe('maintenance');
    // a status without a meaning moves nothing
    halo.edit.update('assets', id, { status_id: 10 });
    desk.now += 600_000;
    await lockstep('sync halo --json');
    expect((await holding(id)).stage).toBe('maintenance');
  }, 60_000);

  it('keep an asset whose type changed, and lose one that is deleted only after its grace', async () => {
    const { halo } = standins.sandboxes;
    const [moves = '', goes = ''] = halo.edit.ids('assets').filter((id) => halo.edit.read('assets', id)?.['assettype_id'] === 12);
    halo.edit.update('assets', moves, { assettype_id: 11 });
    halo.edit.remove('assets', goes);
    const recordOf = async (id: string) => (await assets()).flatMap(({ sources }) => sources).find((source) => keyOf(source) === `halo/assets/${id}`);
    await lockstep('sync halo --full --json');
    expect(await recordOf(goes)).not.toHaveProperty('tombstonedAt');
    desk.now += 2 * day;
    await lockstep('sync halo --full --json');

    expect(await recordOf(goes)).toHaveProperty('tombstonedAt');
    expect(await recordOf(moves)).not.toHaveProperty('tombstonedAt');
    expect((await lockstep('rebuild --verify --json')).code).toBe(0);
  }, 60_000);
});
