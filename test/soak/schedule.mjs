/** A slice is long enough for a job to do something whole, and short enough for all to have their turn. */
const LONGEST_SLICE_MS = 5 * 60_000;

/**
 * Gives the jobs turns until the time is up or all are through. A job that failed gets no further turn.
 * Each turn has a seed of its own, drawn from the first by a fixed step, so that a failing turn can be repeated alone.
 */
export async function soak(jobs, { minutes, seed, now, say }) {
  const end = now() + minutes * 60_000;
  const slice = Math.min(LONGEST_SLICE_MS, (minutes * 60_000) / jobs.length);
  const states = jobs.map((job) => ({ job, name: job.name, total: job.total, done: 0, minutes: 0, seeds: [], error: undefined }));
  let turn = 0;
  for (let open = states; open.length > 0 && now() < end; open = states.filter(({ error, done, total }) => !error && done < total)) {
    for (const state of open) {
      const from = now();
      if (from >= end) break;
      const own = (seed + turn * 7919) % 2 ** 31;
      turn += 1;
      state.seeds.push(own);
      try {
        await state.job.run({
          seed: own, until: Math.min(from + slice, end), left: state.total - state.done, before: state.done, say: (text) => say(`  ${state.name}: ${text}`),
          done: (count) => {
            state.done += count;
          },
          // For a job whose whole is only known once it runs.
          size: (total) => {
            state.total = total;
          },
        });
      } catch (error) {
        state.error = error instanceof Error ? error : new Error(String(error));
        say(`${state.name}: failed with seed ${own}: ${state.error.stack}`);
      }
      state.minutes += (now() - from) / 60_000;
      say(`${state.name}: ${state.done} of ${state.total}, seed ${own}`);
    }
  }
  return states.map(({ job: _job, ...state }) => state);
}
