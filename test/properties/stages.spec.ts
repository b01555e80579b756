import fc from 'fast-check';
import { ReviewService } from '../../src/reviews/review.service.js';
import type { Lab } from '../support/lab.js';
import { modelDifferences, readModel, type ComparedModel } from '../support/model-compare.js';
import { playTimed, type TimedOptions } from '../support/play.js';
import { parameters } from '../support/property-runs.js';
import { arbitraryTimedHistories, arbitraryTimedSchedule, SELDOM, type TimedHistory, type TimedSchedule } from '../support/worlds/timed.js';

/** Two that speak, so that moves contradict each other. */
const YAML = 'identity: { sharedLimit: 3 }\nlifecycle: { speakers: { scan: all } }';
/** Nothing that a guard looks at passes it. */
const STRICT = 'safety: { maxDeleteRatio: 0, minDeletes: 0, maxChangeRatio: 0, minChanges: 0, suspectRatio: 0 }';

const timed = arbitraryTimedHistories({ maxRecords: 8, maxVersions: 5, often: ['stage'] });

/** All that is compared elsewhere, without the notice that a value has ceased to link: it tells of an event, which a single page may hide. */
async function modelOf({ engine }: Lab): Promise<ComparedModel> {
  const model = await readModel(engine.database);
  return { ...model, reviews: model.reviews.filter((review) => !review.startsWith('shared_value ')) };
}

let released = 0;
async function releaseHeld({ engine }: Lab): Promise<void> {
  for (;;) {
    const [held] = await engine.database.read((tx) => tx.query(`SELECT id FROM reviews WHERE status = 'open' AND kind LIKE 'held%' ORDER BY id LIMIT 1`));
    if (!held) return;
    await new ReviewService(engine).resolve(Number(held['id']), { as: 'release', reason: 'as it should be' });
    released += 1;
  }
}

async function differences(history: TimedHistory, schedule: TimedSchedule, options: TimedOptions): Promise<string[]> {
  const plain = await playTimed(history, SELDOM, { yaml: YAML, ...(options.keepTimes !== undefined && { keepTimes: options.keepTimes }) });
  const other = await playTimed(history, schedule, { yaml: YAML, ...options });
  try {
    return modelDifferences(await modelOf(plain), await modelOf(other));
  } finally {
    await plain.close();
    await other.close();
  }
}

/**
 * Design: a move's time is the vendor's, kept within (previous read, this read]. So stages are the same in any interleaving of readings that see each
 * version in its own time. A version that is read after the next one was made, or never, is another history: its move has another time, or is none.
 */
describe('stages over the whole pipeline', () => {
  it('are the same in any interleaving, duplication and page size of readings that do not cut across the times of changes', async () => {
    await fc.assert(fc.asyncProperty(timed, arbitraryTimedSchedule, async (history, schedule) => {
      expect(await differences(history, schedule, {})).toEqual([]);
    }), parameters(5));
  });

  it('are the same when every held set is released', async () => {
    released = 0;
    await fc.assert(fc.asyncProperty(timed, arbitraryTimedSchedule, async (history, schedule) => {
      expect(await differences(history, schedule, { safety: STRICT, after: releaseHeld })).toEqual([]);
    }), parameters(5));

    expect(released).toBeGreaterThan(0);
  });

  it('would be seen to differ if their sources told no times', async () => {
    const timeless = fc.asyncProperty(timed, arbitraryTimedSchedule, async (history, schedule) => (await differences(history, schedule, { keepTimes: false })).length === 0);

    expect((await fc.check(timeless, { numRuns: 100, seed: 1, endOnFailure: true })).failed).toBe(true);
  });
});
