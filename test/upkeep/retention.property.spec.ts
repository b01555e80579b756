import fc from 'fast-check';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { RetentionService } from '../../src/upkeep/retention.service.js';
import { openLab, type Lab } from '../support/lab.js';
import { complaintsOf, countsOf } from '../support/model-checks.js';
import { modelDifferences, readModel } from '../support/model-compare.js';
import { answer, Decided, edit, Estate, merge, mergeAndUndo, pin, rebuild, split, wait } from '../support/people.js';
import { playTimed } from '../support/play.js';
import { parameters } from '../support/property-runs.js';
import { arbitraryChange, arbitraryHistories } from '../support/worlds/arbitrary-histories.js';
import { arbitraryTimedHistories, arbitraryTimedSchedule } from '../support/worlds/timed.js';

/** Everything that may go goes at once. */
const SHORT = 'retention: { rawVersions: 1, versions: 1s, attempts: 1s, inbox: 1s }';
const prune = ({ engine }: Lab) => new RetentionService(engine, { rows: 3 }).prune();

it('changes nothing of the model, now or in what is read later: with it after every reading the same comes of the same as without', async () => {
  let removed = 0;
  await fc.assert(fc.asyncProperty(arbitraryTimedHistories({ maxRecords: 8, maxVersions: 5, often: ['stage'] }), arbitraryTimedSchedule, async (history, schedule) => {
    const yaml = 'identity: { sharedLimit: 3 }\nlifecycle: { speakers: { scan: all } }\n';
    const plain = await playTimed(history, schedule, { yaml });
    const pruned = await playTimed(history, schedule, { yaml: `${yaml}${SHORT}`, after: async (lab) => { removed += Object.values((await prune(lab)).pruned).reduce((sum, n) => sum + n, 0); } });
    try {
      expect(modelDifferences(await readModel(plain.engine.database), await readModel(pruned.engine.database))).toEqual([]);
    } finally {
      await plain.close();
      await pruned.close();
    }
  }), parameters(3));

  expect(removed).toBeGreaterThan(20);
});

const n = fc.nat(15);
/** As if it were the scheduled job; what must hold is asked after each command. */
const tidy = { check: () => true, run: async (_: Decided, { lab }: Estate) => { await prune(lab); }, toString: () => 'prune' };
const commands = [
  fc.tuple(n, arbitraryChange(['stage', 'gone', 're-imaged'])).map(([at, change]) => edit(at, change)), fc.integer({ min: 1, max: 30 }).map(wait), fc.constant(rebuild()), fc.constant(tidy), fc.constant(tidy),
  fc.tuple(n, n).map(([a, b]) => merge(a, b)), fc.tuple(n, n).map(([a, b]) => mergeAndUndo(a, b)), fc.tuple(n, n).map(([at, bits]) => split(at, bits)),
  fc.tuple(n, fc.constantFrom('owner' as const, 'stage' as const), fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined })).map(([at, attribute, hours]) => pin(at, attribute, hours)),
  fc.tuple(n, fc.nat(3)).map(([at, how]) => answer(at, how)), fc.tuple(n, fc.nat(3)).map(([at, how]) => answer(at, how)),
];
const SAFETY = 'safety: { maxDeleteRatio: 0.2, minDeletes: 1, maxChangeRatio: 0.2, minChanges: 1, suspectRatio: 0 }';

it('leaves whatever people may still decide, and once more finds nothing', async () => {
  await fc.assert(fc.asyncProperty(arbitraryHistories({ maxRecords: 8, maxVersions: 1 }), fc.commands(commands, { maxCommands: 20, size: 'max' }), async (history, drawn) => {
    const lab = await openLab({ sources: Object.fromEntries(history.sources.map(({ name, role }) => [name, `role: ${role}\n${SAFETY}`])), yaml: `identity: { sharedLimit: 3 }\n${SHORT}`, missingIsTold: true });
    const estate = new Estate(lab, history);
    try {
      await estate.sync();
      await fc.asyncModelRun(() => ({ model: new Decided(), real: estate }), drawn);
      await estate.sync();
      lab.clock.advance(3_600_000);

      await prune(lab);

      expect((await new RebuildService(lab.engine).verify()).differences).toEqual([]);
      expect(await complaintsOf(lab.engine.database)).toEqual([]);
      expect(Object.values((await prune(lab)).pruned).filter((rows) => rows > 0)).toEqual([]);
      const before = await countsOf(lab.engine.database);
      await estate.sync();
      expect(await countsOf(lab.engine.database)).toEqual(before);
    } finally {
      await lab.close();
    }
  }), parameters(2));
});
