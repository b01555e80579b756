import { usedOf, type Call } from '../../bench/budget.js';
import { deskConnector, SHAPES, type Shape } from '../../bench/desk.js';
import { DeskSystem, type DeskOptions } from '../../bench/desk-system.js';
import { callsPerAsset, type AlignmentMeasurement, type PushMeasurement } from '../../bench/delivery.js';
import { renderAlignment, renderPush } from '../../bench/delivery-report.js';
import { deskRecordOf, movedRecordOf, type RawMachine } from '../../bench/fleet.js';
import { parseOptions, UsageError } from '../../bench/options.js';
import { createHttp, type SourceHttp } from '../../connectors/sdk/http/index.js';
import { LabClock, silentLog } from '../support/lab.js';

const call = (arrivedAt: number, writes = true, ms = 10): Call => ({ arrivedAt, answeredAt: arrivedAt + ms, writes });

describe('the share of a budget', () => {
  it('is all of it where each whole window is full, whatever its burst and whatever is left over', () => {
    const calls = [0, 1_000, 2_000].flatMap((from) => [call(from), call(from + 1, false), call(from + 2)]);

    expect(usedOf([...calls, call(3_500)], { requests: 3, perMs: 1_000 })).toMatchObject({ calls: 10, writes: 7, ms: 3_500, windows: 3, share: 1 });
  });

  it('counts from the first to the last call that writes, and the reads between them', () => {
    const used = usedOf([call(-500, false), call(0), call(400, false), call(1_000), call(1_200, false)], { requests: 4, perMs: 1_000 });

    expect(used).toMatchObject({ calls: 3, writes: 2, ms: 1_000, windows: 1, share: 0.5 });
  });

  it('tells calls that are under way together from a target that nobody asks', () => {
    const used = usedOf([call(0, true, 100), call(50, false, 100), call(400, true, 100)], { requests: 10, perMs: 100 });

    expect([used.latencyMs, used.inFlight, used.idle]).toEqual([100, 0.75, 1 - 150 / 400]);
  });

  it('is nothing where nothing was written or no window was whole', () => {
    expect(() => usedOf([call(0, false)], { requests: 1, perMs: 1_000 })).toThrow('nothing was written');
    expect(usedOf([call(0), call(999)], { requests: 1, perMs: 1_000 })).toMatchObject({ windows: 0, share: 0 });
  });
});

describe('the simulated target', () => {
  const start: DeskOptions = { assets: 5, pageSize: 2, moves: 1, disagrees: false };
  const ids = Array.from({ length: 5 }, (_, at) => deskRecordOf(at, 5, false).id);
  let system: DeskSystem;
  let http: SourceHttp;
  const open = async (shape: Shape, options: DeskOptions = start) => {
    system = await DeskSystem.start(options);
    http = createHttp({ source: 'desk', baseUrl: system.url, clock: new LabClock(), signal: new AbortController().signal, log: silentLog, concurrency: 1 });
    const connector = deskConnector(shape);
    const [stream] = connector.streams;
    if (!stream?.push || !stream.fetchOne) throw new Error('the target of the bench cannot be written');
    const client = await connector.connect({ source: { options: { requestsPerSecond: 10 } }, http } as unknown as Parameters<typeof connector.connect>[0]);
    return { stream, push: stream.push, fetchOne: stream.fetchOne, client: client as never };
  };
  afterEach(async () => {
    http.close();
    await system.close();
  });

  it('holds what the source lists, once, elsewhere or in another stage', async () => {
    const { stream, client } = await open('batched', { ...start, disagrees: true });
    const records: RawMachine[] = [];
    for await (const page of stream.pull(client, { mode: 'full' })) records.push(...(page.records as RawMachine[]));

    expect(records.map(({ id }) => id)).toEqual(ids);
    expect(records.map(({ serial }) => serial)).toEqual(ids.map((_, at) => movedRecordOf(at, 5, 1).serial));
    expect(records.every(({ state, location }, at) => state === 'in stock' && location !== movedRecordOf(at, 5, 1).location)).toBe(true);
    expect(system.counted().calls).toEqual([]);
  });

  it('keeps what is written to it, and counts lists and single records as the calls that they are', async () => {
    const { push, fetchOne, client } = await open('batched');
    const outcomes = await push.write(client, ids.slice(0, 3).map((externalId) => ({ externalId, fields: [{ attribute: 'location', value: 'Ghent' }], stage: { stage: 'retired' as const, codes: { state: 'retired' } }, current: {} })));
    const many = await push.fetchMany?.(client, [...ids, 'nobody']);

    expect(outcomes).toEqual([{ kind: 'accepted' }, { kind: 'accepted' }, { kind: 'accepted' }]);
    expect([...many!.values()].map((one) => (one.kind === 'found' ? [one.raw.location === 'Ghent', one.raw.state] : one.kind))).toEqual([[true, 'retired'], [true, 'retired'], [true, 'retired'], [false, 'in use'], [false, 'in use'], 'gone']);
    expect(await fetchOne(client, ids[0]!)).toMatchObject({ kind: 'found', raw: { location: 'Ghent' } });
    expect(system.counted().calls.map(({ writes }) => writes)).toEqual([true, false, false]);
    expect(system.counted().calls).toEqual([]);
  });

  it('refuses what goes beyond its pace', async () => {
    await open('single', { ...start, pace: { requests: 2, perMs: 3_600_000 } });
    const answers = [await fetch(`${system.url}/desk/records/${ids[0]}`), await fetch(`${system.url}/desk/records/${ids[1]}`), await fetch(`${system.url}/desk/records/${ids[2]}`)];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(system.counted()).toMatchObject({ calls: { length: 2 }, refused: 1 });
  });
});

describe('the tables of push and alignment', () => {
  const outcome = { ms: 10_000, cpuMs: 1_000, rssMb: 200, statements: 12 };

  it('hold each budget against what was used of it', () => {
    const measured = (share: number, windows = 3): PushMeasurement => ({ shape: 'batched', requestsPerSecond: 10, assets: 500, refused: 0, outcome: { ...outcome, delivered: { verified: 500, otherwise: 0 } }, used: { calls: 100, writes: 60, ms: 10_000, windows, share, latencyMs: 60, inFlight: 0.6, idle: 0.4 } });
    const text = renderPush('sqlite', [measured(0.96), measured(0.5), measured(0, 0)]);

    expect(text).toContain('0.960 (met)');
    expect(text).toContain('0.500 (NOT MET, by 47 %)');
    expect(text).toContain('too short for one part of the budget');
  });

  it('hold memory against its bars, and its growth', () => {
    const measured = (way: AlignmentMeasurement['way'], assets: number, rssMb: number): AlignmentMeasurement => ({ way, assets, outcome: { ...outcome, rssMb } });
    const text = renderAlignment('mysql', [measured('first sync', 10_000, 200), measured('switched on', 10_000, 190), measured('first sync', 100_000, 251), measured('switched on', 100_000, 200)]);

    expect(text).toContain('mysql, alignment, first sync: grows from 10,000 to 100,000 by at most 50 MB RSS: 51 MB (NOT MET, by 2 %)');
    expect(text).toContain('mysql, alignment, switched on: grows from 10,000 to 100,000 by at most 50 MB RSS: 10 MB (met)');
    expect(text).toContain('mysql, alignment, first sync, 100,000: peak RSS, at most 260 MB: 251 MB (met)');
  });
});

describe('the options of push and alignment', () => {
  it('choose parts, budgets and how long', () => {
    expect(parseOptions(['--only', 'push,alignment', '--budget', '7', '--seconds', '40'])).toMatchObject({ parts: ['push', 'alignment'], budgets: [7], seconds: 40 });
    expect(parseOptions([])).toMatchObject({ parts: ['sync', 'push', 'alignment'], budgets: [2, 10, 50, 200], seconds: 30 });
  });

  it.each([[['--only', 'pull']], [['--budget', '0']], [['--seconds', '1']]])('refuse %j', (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });

  it('take the calls of one asset from the batches of its target', () => {
    expect(Object.keys(SHAPES).map((shape) => callsPerAsset(shape as Shape))).toEqual([0.1, 3]);
  });
});
