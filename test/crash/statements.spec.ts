import { setImmediate as turn } from 'node:timers/promises';
import { emptyAll, MYSQL_FAULTS, StatementFault, THROWN, type Fault } from '../support/child/faults.js';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { WorldFolder } from '../support/child/world-folder.js';
import { openWorld, type WorldLab } from '../support/child/world-lab.js';
import { randomOf, WORLD_SOURCES } from '../support/child/world.js';
import { LabClock } from '../support/lab.js';
import { createTestDatabase, type TestDatabase } from '../support/mariadb.js';
import { complaintsOf } from '../support/model-checks.js';
import { modelDifferences, readModel, type ComparedModel } from '../support/model-compare.js';
import { LEASE_MS, type RunReport } from '../../src/sync/stream-run.js';

const ASSETS = sizeOf('LOCKSTEP_CRASH_STATEMENT_ASSETS', 200);
/** Where the soak's last turn ended. */
const FROM = sizeOf('LOCKSTEP_CRASH_FROM', 0);

/** One engine on one database, emptied between the rounds. */
class StatementStage {
  private constructor(readonly lab: WorldLab, readonly faults: StatementFault, private readonly clock: LabClock, private readonly folder: WorldFolder, private readonly mysql?: TestDatabase) {}

  static async open(kind: 'sqlite' | 'mysql', seed: number): Promise<StatementStage> {
    const mysql = kind === 'mysql' ? await createTestDatabase() : undefined;
    const folder = new WorldFolder({ seed, assets: ASSETS }, mysql?.url ?? 'sqlite::memory:');
    const [clock, faults] = [new LabClock(), new StatementFault()];
    return new StatementStage(await openWorld(folder, { clock, onStatement: faults.onStatement }), faults, clock, folder, mysql);
  }

  async close(): Promise<void> {
    await this.lab.close();
    this.folder.remove();
    await this.mysql?.drop();
  }

  /** One source after the other, so that the n-th statement is the same one each time. A rejection is an outcome too. */
  async sync(): Promise<{ readonly runs: readonly RunReport[]; readonly error?: Error }> {
    const runs: RunReport[] = [];
    for (const source of Object.keys(WORLD_SOURCES)) {
      try {
        runs.push(...(await this.lab.sync({ sources: [source] })).runs);
      } catch (error) {
        return { runs, error: error instanceof Error ? error : new Error(String(error)) };
      }
    }
    return { runs };
  }

  /** A lease whose giving back failed is over after its time. */
  async heal(): Promise<readonly RunReport[]> {
    this.faults.disarm();
    this.clock.advance(LEASE_MS + 1);
    const { runs, error } = await this.sync();
    if (error) throw error;
    return runs;
  }

  async empty(): Promise<void> {
    this.faults.disarm();
    await emptyAll(this.lab.engine.database);
  }
}

/** What a run says of its work, without names and times. */
const saidOf = (runs: readonly RunReport[]) => runs.map(({ source, mode, status, streams, assets, reviews, uncoveredScopes, warnings, error }) => ({ source, mode, status, streams, assets, reviews, uncoveredScopes, warnings, error }));

describe.each<['sqlite' | 'mysql', number, readonly Fault[]]>([
  ['sqlite', sizeOf('LOCKSTEP_CRASH_STATEMENTS', 0), [THROWN]],
  ['mysql', sizeOf('LOCKSTEP_CRASH_STATEMENTS_MYSQL', 24), MYSQL_FAULTS],
])('the n-th statement fails on %s', (kind, sample, faults) => {
  const seed = seedOf(`statements ${kind}`);
  let stage: StatementStage;
  let expected: ComparedModel;
  let said: ReturnType<typeof saidOf>;
  let statements = 0;

  beforeAll(async () => {
    stage = await StatementStage.open(kind, seed % 1_000);
    const before = stage.faults.seen;
    const { runs, error } = await stage.sync();
    if (error) throw error;
    statements = stage.faults.seen - before;
    expected = await readModel(stage.lab.engine.database);
    said = saidOf(runs);
  });
  afterAll(() => stage.close());

  /** All of them (from one on), or so many drawn ones. */
  function places(random: () => number): number[] {
    const all = Array.from({ length: statements }, (_, i) => i + 1);
    return sample === 0 || sample >= statements ? all.slice(FROM) : Array.from({ length: sample }, () => 1 + Math.floor(random() * statements));
  }

  it.each(faults.map((fault) => [fault.name, fault] as const))('with %s: the run fails cleanly or tries again unnoticed, and the next one heals', async (_name, fault) => {
    expect(statements).toBeGreaterThan(100);
    expect(said.map((run) => run.status)).toEqual(said.map(() => 'succeeded'));
    let done = 0;
    for (const n of places(randomOf(seed))) {
      if (done > 0 && isTimeUp()) break;
      await stage.empty();
      stage.faults.arm(n, fault);
      const broken = await stage.sync();
      const where = `statement ${n} of ${statements}: ${stage.faults.hit?.slice(0, 120) ?? 'not reached'}`;

      expect({ where, hit: stage.faults.hit !== undefined }).toEqual({ where, hit: true });
      if (fault.retried) expect({ where, error: broken.error, said: saidOf(broken.runs) }).toEqual({ where, error: undefined, said });
      else expect({ where, noticed: broken.error !== undefined || broken.runs.some((run) => run.status !== 'succeeded') }).toEqual({ where, noticed: true });
      const healed = await stage.heal();
      expect({ where, statuses: healed.map((run) => run.status) }).toEqual({ where, statuses: healed.map(() => 'succeeded') });
      const { database } = stage.lab.engine;
      expect({ where, complaints: [...modelDifferences(expected, await readModel(database)), ...(await complaintsOf(database))] }).toEqual({ where, complaints: [] });
      progress(`statements ${kind}`, ++done, statements);
      await turn(); // jest's own timers get their turn: nothing here waits for anything
    }
  });
});
