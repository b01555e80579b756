import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isTimeUp, progress, seedOf, sizeOf } from '../support/child/sizes.js';
import { digestOf, placesOf, type LogPlaces } from '../support/child/write-ahead-log.js';
import { WorldFolder } from '../support/child/world-folder.js';
import { openWorld, type WorldLab } from '../support/child/world-lab.js';
import { randomOf } from '../support/child/world.js';
import { LabClock } from '../support/lab.js';
import { complaintsOf } from '../support/model-checks.js';
import { modelDifferences, readModel, type ComparedModel } from '../support/model-compare.js';
import { LEASE_MS } from '../../src/sync/stream-run.js';

const CUTS = sizeOf('LOCKSTEP_CRASH_CUTS', 200);
const ASSETS = sizeOf('LOCKSTEP_CRASH_CUT_ASSETS', 60);

/** What the disk kept behind the cut: nothing, or a file that had grown already. */
const TAILS = { 'nothing': (rest: Buffer) => rest.subarray(0, 0), 'zeros': (rest: Buffer) => Buffer.alloc(Math.min(rest.length, 12_360)), 'older bytes': (rest: Buffer) => Buffer.from(rest.subarray(0, 12_360)).reverse() } as const;

/**
 * A power cut leaves a log that ends anywhere. One log holds a first load and a sync with changes, for nothing was written back into the file; cut at a drawn
 * place, the database is what was committed before, and the next sync makes of it what the undisturbed ones did.
 */
describe('a torn log', () => {
  const seed = seedOf('torn log');
  const random = randomOf(seed);
  const folder = new WorldFolder({ seed: seed % 1_000, assets: ASSETS, pageSize: 10 });
  let file: Buffer;
  let log: Buffer;
  let places: LogPlaces;
  let models: readonly [ComparedModel, ComparedModel];
  /** Where the log of the second sync begins. */
  let second = 0;
  const digests = new Map<number, string>();

  beforeAll(async () => {
    await (await openWorld(folder)).close();
    file = readFileSync(folder.file);
    const lab = await openWorld(folder);
    try {
      const { database } = lab.engine;
      await database.read((tx) => tx.query('PRAGMA wal_autocheckpoint = 0'));
      await lab.sync();
      const first = await readModel(database);
      second = readFileSync(`${folder.file}-wal`).length;
      folder.see(1);
      const { runs } = await lab.sync();
      expect(runs.map((run) => run.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      models = [first, await readModel(database)];
      log = readFileSync(`${folder.file}-wal`);
      expect(readFileSync(folder.file).equals(file)).toBe(true);
    } finally {
      await lab.close();
    }
    places = placesOf(log);
  });
  afterAll(() => folder.remove());

  /** The database as a process finds it that starts after the power came back. */
  async function reopen(bytes: Buffer, clock = new LabClock()): Promise<WorldLab> {
    for (const suffix of ['-wal', '-shm', '.lock']) rmSync(`${folder.file}${suffix}`, { force: true });
    writeFileSync(folder.file, file);
    writeFileSync(`${folder.file}-wal`, bytes);
    return openWorld(folder, { clock });
  }

  async function digestAfter(commit: number): Promise<string> {
    let digest = digests.get(commit);
    if (digest === undefined) {
      const lab = await reopen(log.subarray(0, commit));
      digests.set(commit, (digest = await digestOf(lab.engine.database)));
      await lab.close();
    }
    return digest;
  }

  it('is worth cutting: hundreds of frames, and both syncs changed something', () => {
    expect(places.ends.length).toBeGreaterThan(200);
    expect(places.ends.at(-1)).toBe(log.length);
    expect(models[0]).not.toEqual(models[1]);
    expect(second).toBeLessThan(log.length);
  });

  it(`opens as what was committed before the cut, and heals, ${CUTS} times`, async () => {
    const names = Object.keys(TAILS) as (keyof typeof TAILS)[];
    for (let done = 0; done < CUTS && !(done > 0 && isTimeUp()); done++) {
      // Every other cut falls between two frames.
      const cut = done % 2 === 0 ? places.ends[Math.floor(random() * places.ends.length)]! : Math.floor(random() * log.length);
      const tail = names[Math.floor(random() * names.length)]!;
      const where = `cut ${done} at byte ${cut} of ${log.length}, then ${tail}`;
      const clock = new LabClock();
      const before = await digestAfter(places.committedBefore(cut));

      const lab = await reopen(Buffer.concat([log.subarray(0, cut), TAILS[tail](log.subarray(cut))]), clock);
      try {
        const { database } = lab.engine;
        expect({ where, digest: await digestOf(database), complaints: await complaintsOf(database, { settled: false }) }).toEqual({ where, digest: before, complaints: [] });
        const epoch = places.committedBefore(cut) < second ? 0 : 1;
        folder.see(epoch);
        clock.advance(LEASE_MS + 1); // the process that held them is this one, which plainly lives
        const { runs } = await lab.sync();
        expect({ where, statuses: runs.map((run) => run.status) }).toEqual({ where, statuses: ['succeeded', 'succeeded', 'succeeded'] });
        expect({ where, complaints: [...modelDifferences(models[epoch], await readModel(database)), ...(await complaintsOf(database))] }).toEqual({ where, complaints: [] });
      } finally {
        await lab.close();
      }
      progress('torn log', done + 1);
    }
  });
});
