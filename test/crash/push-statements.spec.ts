import { setImmediate as turn } from 'node:timers/promises';
import { LEASE_MS } from '../../src/sync/stream-run.js';
import { emptyAll, MYSQL_FAULTS, StatementFault, THROWN, type Fault } from '../support/child/faults.js';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { Tools, type ToolRow } from '../support/tools.js';

/** Where the soak's last turn ended. */
const FROM = sizeOf('LOCKSTEP_CRASH_FROM', 0);
const HOUR = 3_600_000;
const pc = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({ id, status: 'A', serial_number: `SN-${id.padStart(5, '0')}`, name: `pc-${id}`, location: 'Berlin', ...more });
const HELD = ['1', '2', '3', '4', '5', '6'];
/** What the target must show at the end, by serial number. */
const EXPECTED = { 'SN-00001': 'R Berlin', 'SN-00002': 'R Ulm', 'SN-00003': 'A Ulm', 'SN-00004': 'M Berlin', 'SN-00005': 'A Berlin', 'SN-00006': 'A Berlin', 'SN-00007': 'A Ulm' };

/** Two tools that agree, and what somebody then does in one of them: moves, an attribute, both, and a new machine. */
async function prepared(url: string, faults: StatementFault): Promise<Tools> {
  const bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], mode: upsert, reference: lockstep_id }' }, { url, yaml: 'authority: { default: [alpha, beta] }', engine: { onStatement: faults.onStatement } });
  for (const name of ['alpha', 'beta']) bench.tool(name).put(...HELD.map((id) => pc(id)));
  await bench.sync();
  const alpha = bench.tool('alpha');
  alpha.edit('1', { status: 'R' });
  alpha.edit('2', { status: 'R', location: 'Ulm' });
  alpha.edit('3', { location: 'Ulm' });
  alpha.edit('4', { status: 'M' });
  alpha.put(pc('7', { location: 'Ulm' }));
  return bench;
}

const shown = (bench: Tools): Record<string, string> => Object.fromEntries([...bench.tool('beta').rows.values()].map((row) => [String(row['serial_number']), `${row.status} ${String(row['location'])}`]).sort());

/** What is not as if nothing had failed: no double create, no lost update, at most one identical update again. */
async function complaints(bench: Tools): Promise<string[]> {
  const writes = bench.tool('beta').writes();
  const creates = writes.filter(({ kind }) => kind === 'create').length;
  const again = new Map<string, number>();
  for (const { kind, id, fields } of writes) again.set(`${kind} ${id} ${JSON.stringify(fields)}`, (again.get(`${kind} ${id} ${JSON.stringify(fields)}`) ?? 0) + 1);
  const is = JSON.stringify(shown(bench));
  const left = [...(await bench.outbox()), ...(await bench.reviews())];
  return [
    ...(is === JSON.stringify(EXPECTED) ? [] : [`the target shows ${is}`]), ...(creates === 1 ? [] : [`${creates} creates`]), ...(left.length === 0 ? [] : [`left over: ${JSON.stringify(left)}`]),
    ...[...again].filter(([, times]) => times > 2).map(([what, times]) => `${times} times ${what}`), ...([...again.values()].filter((times) => times > 1).length > 5 ? ['more than one batch was written again'] : []),
  ];
}

describe.each<['sqlite' | 'mysql', number, readonly Fault[]]>([
  ['sqlite', sizeOf('LOCKSTEP_CRASH_PUSH_STATEMENTS', 0), [THROWN]],
  ['mysql', sizeOf('LOCKSTEP_CRASH_PUSH_STATEMENTS_MYSQL', 4), MYSQL_FAULTS],
])('the n-th statement of sync and push fails on %s', (kind, sample, faults) => {
  const seed = seedOf(`push-statements ${kind}`);
  const fault = new StatementFault();
  let mysql: TestDatabase | undefined;
  let statements = 0;
  const open = (): Promise<Tools> => prepared(mysql?.url ?? 'sqlite::memory:', fault);
  const close = async (bench: Tools): Promise<void> => {
    fault.disarm();
    if (mysql) await emptyAll(bench.engine.database);
    await bench.close();
  };

  beforeAll(async () => {
    if (kind === 'mysql') mysql = await createTestDatabase();
    const bench = await open();
    const before = fault.seen;
    await bench.sync();
    statements = fault.seen - before;
    expect(await complaints(bench)).toEqual([]);
    await close(bench);
  });
  afterAll(() => mysql?.drop());

  it.each(faults.map((each) => [each.name, each] as const))('with %s: the next one heals, and the target is told once', async (_name, each) => {
    expect(statements).toBeGreaterThan(80);
    const random = randomOf(seed);
    const places = sample === 0 || sample >= statements ? Array.from({ length: statements }, (_, i) => i + 1).slice(FROM) : Array.from({ length: sample }, () => 1 + Math.floor(random() * statements));
    let done = 0;
    for (const n of places) {
      if (done > 0 && isTimeUp()) break;
      const bench = await open();
      try {
        fault.arm(n, each);
        // A rejection is an outcome too: what counts is what is left behind.
        const error = await bench.sync().then(() => undefined, (thrown: unknown) => thrown);
        const where = `statement ${n} of ${statements}: ${fault.hit?.slice(0, 120) ?? 'not reached'}`;
        expect({ where, hit: fault.hit !== undefined }).toEqual({ where, hit: true });
        fault.disarm();
        if (each.retried) expect({ where, error }).toEqual({ where, error: undefined });
        await bench.sync({ afterMs: LEASE_MS + 1 });
        for (let hour = 0; hour < 3; hour++) await bench.sync({ afterMs: HOUR });

        expect({ where, complaints: await complaints(bench) }).toEqual({ where, complaints: [] });
        await bench.isAtRest();
      } finally {
        await close(bench);
      }
      progress(`push-statements ${kind}`, ++done, statements);
      await turn(); // jest's own timers get their turn: nothing here waits for anything
    }
  });
});
