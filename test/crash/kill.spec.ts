import { createStatements } from '../../src/database/schema-ddl.js';
import { TABLES } from '../../src/database/schema.js';
import { KillStage, OTHER_RULES, type DatabaseKind } from '../support/child/kill-stage.js';
import { isTimeUp, progress, seedOf, sizeOf, worldSize } from '../support/child/sizes.js';
import { randomOf } from '../support/child/world.js';
import type { ComparedModel } from '../support/model-compare.js';

/** How often the extras of a cycle are asked for: they hold for a model, and the models are equal. */
const EXTRAS_EVERY = 5;
/** Those of TypeORM's own table come on top, so that a draw never misses. */
const SCHEMA_STATEMENTS: Readonly<Record<DatabaseKind, number>> = { sqlite: statementsOf('sqlite'), mysql: statementsOf('mysql') };
/** In turn, so that each has its share of the kills. */
const PHASES = ['first load', 'changes', 'rebuild', 'migration'] as const;
type Phase = (typeof PHASES)[number];

/**
 * `kill -9` at a drawn instant, then again to the end: the model of the run that nobody killed, nothing doubled, nothing
 * left behind. A sync on an empty database; one with changes, moves, deletes and merges; a rebuild under other rules; and
 * the making of the tables, where the instant is a drawn statement.
 */
describe.each<[DatabaseKind, number]>([
  ['sqlite', sizeOf('LOCKSTEP_CRASH_KILLS', 40)], ['mysql', sizeOf('LOCKSTEP_CRASH_KILLS_MYSQL', 10)],
])('kill -9 on %s', (kind, kills) => {
  const seed = seedOf(`kill ${kind}`);
  const random = randomOf(seed);
  const size = { seed: seed % 1_000, assets: worldSize() };
  let undisturbed: KillStage;
  const models: Partial<Record<Phase, ComparedModel>> = {};
  const took: Partial<Record<Phase, number>> = {};
  /** SQLite: the file after the first load, from which later phases start. */
  let loaded: KillStage | undefined;

  beforeAll(async () => {
    undisturbed = await KillStage.open(kind, size);
    took['first load'] = (await undisturbed.finish()).ms;
    if (kind === 'sqlite') {
      loaded = await KillStage.open(kind, size);
      loaded.copyFrom(undisturbed);
    }
    models['first load'] = models.migration = await undisturbed.model();
    undisturbed.folder.see(1);
    took.changes = (await undisturbed.finish()).ms;
    models.changes = await undisturbed.model();
    const other = await KillStage.open(kind, size);
    await begin(other, 'rebuild');
    took.rebuild = (await other.succeed(['rebuild'])).ms;
    models.rebuild = await other.model();
    await other.close();
  });
  afterAll(async () => {
    await undisturbed.close();
    await loaded?.close();
  });

  it('is worth it: the undisturbed world is sound, and its second sync and its rebuild change something', async () => {
    expect(await undisturbed.oracle(models.changes!)).toEqual([]);
    expect(models['first load']).not.toEqual(models.changes);
    expect(models['first load']).not.toEqual(models.rebuild);
  });

  it(`loses nothing and doubles nothing in ${kills} kills`, async () => {
    let [early, cycle] = [0, 0];
    const killed = new Map<Phase, number>();
    for (; cycle < kills && !(cycle > 0 && isTimeUp()); cycle++) {
      const phase = PHASES[cycle % PHASES.length]!;
      const stage = await KillStage.open(kind, size);
      try {
        await begin(stage, phase);
        const hit = await killIn(stage, phase);
        if (hit.early > 0) killed.set(phase, (killed.get(phase) ?? 0) + 1);
        if (hit.early > 0) early++;
        if (phase === 'rebuild') await stage.succeed(['rebuild']);
        else await stage.finish();
        const where = `cycle ${cycle} (${phase}, killed ${hit.where})`;

        expect({ where, complaints: await stage.oracle(models[phase]!) }).toEqual({ where, complaints: [] });
        if (cycle % EXTRAS_EVERY === 0) await holdsAfterwards(stage, where);
      } finally {
        await stage.close();
      }
      progress(`kill ${kind}`, cycle + 1);
    }

    process.stderr.write(`kill ${kind}: ${early} of ${cycle} hit: ${[...killed].map(([phase, times]) => `${times} in ${phase}`).join(', ')}\n`);
    // A kill that comes after the end proves nothing: most must have hit.
    expect(early).toBeGreaterThanOrEqual(Math.floor(cycle / 2));
  });

  /** What the phase starts from. */
  async function begin(stage: KillStage, phase: Phase): Promise<void> {
    if (phase === 'first load' || phase === 'migration') return;
    if (loaded) stage.copyFrom(loaded);
    else await stage.finish();
    if (phase === 'changes') stage.folder.see(1);
    else stage.folder.configure(OTHER_RULES);
  }

  /** Once; now and then twice, so that what heals is hit as well. */
  async function killIn(stage: KillStage, phase: Phase): Promise<{ readonly where: string; readonly early: number }> {
    const kills: string[] = [];
    let early = 0;
    for (let left = random() < 0.3 ? 2 : 1; left > 0; left--) {
      if (phase === 'migration') {
        const n = 1 + Math.floor(random() * SCHEMA_STATEMENTS[kind]);
        if ((await stage.run(['sync'], { env: { LOCKSTEP_TEST_CRASH: `between schema statements#${n}` } })).signal === 'SIGKILL') early++;
        kills.push(`before statement ${n}`);
      } else {
        // The start of the process is not what is to be killed.
        const ms = (0.15 + 0.85 * random()) * took[phase]!;
        if ((await stage.kill(ms, [phase === 'rebuild' ? 'rebuild' : 'sync'])).signal === 'SIGKILL') early++;
        kills.push(`after ${Math.round(ms)} ms`);
      }
    }
    return { where: kills.join(' and '), early };
  }

  async function holdsAfterwards(stage: KillStage, where: string): Promise<void> {
    const before = await stage.counts();
    await stage.finish();
    await stage.finish(['sync', '--full']);
    const rebuilt = await stage.run(['rebuild', '--verify']);

    expect({ where, counts: await stage.counts() }).toEqual({ where, counts: before });
    expect({ where, code: rebuilt.code, said: `${rebuilt.stdout}${rebuilt.stderr}`.slice(0, rebuilt.code === 0 ? 0 : 3_000) }).toEqual({ where, code: 0, said: '' });
  }
});

function statementsOf(kind: DatabaseKind): number {
  return TABLES.flatMap((table) => createStatements(table, kind)).length;
}
