import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/observability/declared.js';
import { FAULTS, type Measured } from '../support/service-faults.js';

describe('each fault moves the metrics that claim to watch it', () => {
  let product: Measured | undefined;
  afterEach(async () => {
    await product?.close();
    product = undefined;
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s', async (_name, { open, happen, moves, lowers = [] }) => {
    product = await open();
    const before = await product.scrape();

    await happen(product);

    const after = await product.scrape();
    const rises = moves.map(([name, labels]) => ({ name, labels, by: after.value(name, labels) - before.value(name, labels) }));
    expect(rises.filter(({ by }, i) => by < (moves[i]?.[2] ?? 0))).toEqual([]);
    expect(lowers.filter(([name, labels]) => after.value(name, labels) >= before.value(name, labels))).toEqual([]);
  });
});

/** What these count happens in parts of their own, whose tests count it. */
const ELSEWHERE: ReadonlySet<string> = new Set(['lockstep_inbox_accepted_total', 'lockstep_inbox_duplicates_total', 'lockstep_inbox_rejected_total', 'lockstep_pruned_rows_total', 'lockstep_job_wait_seconds', 'lockstep_build_info', 'lockstep_database_size_bytes', 'lockstep_disk_free_ratio', 'lockstep_run_duration_seconds', 'lockstep_last_run_duration_seconds']);

it('leaves no metric without a fault that moves it', () => {
  const moved = new Set(FAULTS.flatMap(({ moves, lowers = [] }) => [...moves.map(([name]) => name), ...lowers.map(([name]) => name)]).map((name) => name.replace(/_(sum|count)$/, '')));

  expect(Object.keys({ ...COUNTERS, ...HISTOGRAMS, ...GAUGES }).filter((name) => !moved.has(name) && !ELSEWHERE.has(name))).toEqual([]);
});
