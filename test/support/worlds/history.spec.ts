import fc from 'fast-check';
import { parameters } from '../property-runs.js';
import { arbitraryHistories, arbitrarySchedule } from './arbitrary-histories.js';
import { History, PLAIN_SCHEDULE, playback, type RawRow, type Schedule, type Step } from './history.js';

const rowIn = (step: Step, id: string): RawRow | null => step.rows.find((row) => row.id === id) ?? null;
const inWords = (row: RawRow | null): string => JSON.stringify(row);

/** What the steps of a source say of one record, repetitions left out, from its first row on. */
function versionsSeen(steps: readonly Step[], source: string, id: string): string[] {
  const seen = steps.filter((step) => step.source === source && step.because !== 'older version').map((step) => inWords(rowIn(step, id)));
  const said = seen.slice(Math.max(0, seen.findIndex((row) => row !== 'null')));
  return said.filter((row, at) => row !== said[at - 1]);
}
const withoutRepeats = (versions: readonly (RawRow | null)[]): string[] => versions.map(inWords).filter((row, at, all) => row !== all[at - 1]);

const eachVersionInOrder = (play: typeof playback) => fc.property(arbitraryHistories(), arbitrarySchedule, (history, schedule) => {
  const steps = play(history, schedule);
  for (const { source, id, versions } of history.records) expect(versionsSeen(steps, source, id)).toEqual(withoutRepeats(versions));
});

describe('playback', () => {
  it('reads each version of each record, in its order, whatever the schedule', () => {
    fc.assert(eachVersionInOrder(playback), parameters(60));
  });

  it('would be caught if it left steps out', () => {
    const everySecond = (history: History, schedule: Schedule): Step[] => playback(history, schedule).filter((_, at) => at % 2 === 0);

    expect(fc.check(eachVersionInOrder(everySecond), { numRuns: 200, seed: 1 }).failed).toBe(true);
  });

  it('ends with the same files, none of them empty', () => {
    fc.assert(fc.property(arbitraryHistories(), arbitrarySchedule, (history, schedule) => {
      const steps = playback(history, schedule);
      for (const { name } of history.sources) {
        const last = steps.filter((step) => step.source === name).at(-1);
        const byId = (rows: readonly RawRow[]): RawRow[] => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
        if (last) expect(byId(last.rows)).toEqual(byId(history.finalRows(name)));
        for (const step of steps) expect(new Set(step.rows.map((row) => row.id)).size).toBe(step.rows.length);
      }
      expect(steps.every((step) => rowIn(step, 'keeper') !== null)).toBe(true);
    }), parameters(40));
  });

  it('shows an older version only to take it back at once', () => {
    const row = (version: number): RawRow => ({ id: 'r1', hostname: `web${version}`, modified_at: `2024-03-01T0${version}:00:00Z` });
    const history = new History([{ name: 'cmdb', role: 'itsm' }], [{ source: 'cmdb', id: 'r1', versions: [row(1), row(2), null, row(3)] }]);

    const steps = playback(history, { ...PLAIN_SCHEDULE, stale: [true], repeats: [0, 1] });

    expect(steps.map((step) => [step.because, rowIn(step, 'r1')?.['hostname'] ?? 'gone'])).toEqual([
      ['changed', 'web1'],
      ['changed', 'web2'], ['read again', 'web2'], ['older version', 'web1'], ['read again', 'web2'],
      ['changed', 'gone'],
      ['changed', 'web3'], ['read again', 'web3'],
    ]);
  });
});

describe('histories', () => {
  const changesOf = (history: History): number => history.records.reduce((sum, { versions }) => sum + versions.length - 1, 0);

  it('name each record once, begin with a row, and never lose a record twice in a row', () => {
    fc.assert(fc.property(arbitraryHistories(), ({ records, sources }) => {
      expect(new Set(records.map(({ source, id }) => `${source}/${id}`)).size).toBe(records.length);
      expect(records.every(({ source, versions }) => versions[0] !== null && sources.some(({ name }) => name === source))).toBe(true);
      expect(records.every(({ versions }) => versions.every((row, at) => row !== null || versions[at - 1] !== null))).toBe(true);
    }), parameters(60));
  });

  it('are large and lively enough to mean something', () => {
    const drawn = fc.sample(arbitraryHistories(), { numRuns: 200, seed: 1 });
    const rows = drawn.flatMap(({ records }) => records.flatMap(({ versions }) => versions));

    expect(drawn.filter(({ records }) => records.length >= 10).length).toBeGreaterThan(50);
    expect(drawn.filter((history) => changesOf(history) >= 10).length).toBeGreaterThan(50);
    expect(rows.filter((row) => row === null).length).toBeGreaterThan(50);
    expect(rows.filter((row) => Array.isArray(row?.['external_ref']) && row['external_ref'].length > 0).length).toBeGreaterThan(50);
  });

  it('leave out the changes that a test does not want', () => {
    const stages = fc.sample(arbitraryHistories({ without: ['stage', 'gone'] }), { numRuns: 100, seed: 1 }).flatMap(({ records }) => records.flatMap(({ versions }) => versions.map((row) => row?.['stage'])));

    expect([...new Set(stages)]).toEqual(['in_use']);
  });
});
