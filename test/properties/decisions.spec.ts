import fc from 'fast-check';
import { openLab } from '../support/lab.js';
import { complaintsOf } from '../support/model-checks.js';
import { answer, Decided, edit, Estate, merge, mergeAndUndo, pin, rebuild, split, unpin, wait } from '../support/people.js';
import { parameters } from '../support/property-runs.js';
import { arbitraryChange, arbitraryHistories } from '../support/worlds/arbitrary-histories.js';
import type { History } from '../support/worlds/history.js';

const n = fc.nat(15);
const commands = [
  fc.tuple(n, arbitraryChange(['stage', 'gone', 're-imaged'])).map(([at, change]) => edit(at, change)),
  fc.tuple(n, arbitraryChange(['stage', 'new mainboard'])).map(([at, change]) => edit(at, change)),
  fc.integer({ min: 1, max: 30 }).map(wait), fc.constant(rebuild()),
  fc.tuple(n, n).map(([a, b]) => merge(a, b)), fc.tuple(n, n).map(([a, b]) => mergeAndUndo(a, b)), fc.tuple(n, n).map(([at, bits]) => split(at, bits)),
  fc.tuple(n, fc.constantFrom('owner' as const, 'location' as const, 'stage' as const), fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined })).map(([at, attribute, hours]) => pin(at, attribute, hours)),
  n.map(unpin), fc.tuple(n, fc.nat(3)).map(([at, how]) => answer(at, how)), fc.tuple(n, fc.nat(3)).map(([at, how]) => answer(at, how)),
];
const MOST = process.env['LOCKSTEP_RUNS'] ? 60 : 25;
const SAFETY = 'safety: { maxDeleteRatio: 0.2, minDeletes: 1, maxChangeRatio: 0.2, minChanges: 1, suspectRatio: 0 }';

async function estateOf(history: History): Promise<Estate> {
  const lab = await openLab({ sources: Object.fromEntries(history.sources.map(({ name, role }) => [name, `role: ${role}\n${SAFETY}`])), yaml: 'identity: { sharedLimit: 3 }', missingIsTold: true });
  return new Estate(lab, history);
}

describe('decisions of people between syncs', () => {
  it('survive: the model is what is stored of it, whatever happened, and an undone merge leaves what was before', async () => {
    let undone = 0;
    await fc.assert(fc.asyncProperty(arbitraryHistories({ maxRecords: 10, maxVersions: 1 }), fc.commands(commands, { maxCommands: MOST, size: 'max' }), async (history, drawn) => {
      const estate = await estateOf(history);
      try {
        await estate.sync();
        const decided = new Decided();
        // Two that share nothing with anybody: at least these are undone without a trace.
        const [one, other] = (await estate.partition()).flatMap((records, at) => (/^[a-z]+\/records\/keeper$/.test(records) ? [at] : []));
        if (one !== undefined && other !== undefined) await mergeAndUndo(one, other).run(decided, estate);
        await fc.asyncModelRun(() => ({ model: decided, real: estate }), drawn);
        undone += decided.undone;
        expect(await complaintsOf(estate.lab.engine.database)).toEqual([]);
      } finally {
        await estate.lab.close();
      }
    }), parameters(6));

    expect(undone).toBeGreaterThan(0);
  });
});
