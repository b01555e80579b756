/** What a metric says, and by which labels. Labels are names of the configuration and fixed words, so that no data makes new series. */
export interface Declared {
  readonly help: string;
  readonly labels: readonly Label[];
  /** Of a histogram: upper bounds, seconds. */
  readonly buckets?: readonly number[];
}

export type Label = 'source' | 'stream' | 'target' | 'reason' | 'outcome' | 'state' | 'kind' | 'lane' | 'version';

const QUICK = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LONG = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];

/** Counted while it happens, since the process began. */
export const COUNTERS = {
  lockstep_runs_total: { help: 'Runs that ended, by how they ended.', labels: ['source', 'outcome'] },
  lockstep_pages_total: { help: 'Pages read from a source and stored.', labels: ['source', 'stream'] },
  lockstep_records_total: { help: 'Records read from a source.', labels: ['source', 'stream'] },
  lockstep_pushes_total: { help: 'Deliveries to a target that reached an end or are tried again, by what became of them.', labels: ['target', 'outcome'] },
  lockstep_push_conflicts_total: { help: 'Writes that met an edit of the target itself.', labels: ['target'] },
  lockstep_inbox_accepted_total: { help: 'Deliveries of webhooks stored in the inbox.', labels: ['source'] },
  lockstep_inbox_duplicates_total: { help: 'Deliveries that had been received before.', labels: ['source'] },
  lockstep_inbox_rejected_total: { help: 'Deliveries that were refused, by why.', labels: ['source', 'reason'] },
  lockstep_lease_takeovers_total: { help: 'Leases taken from a holder that had not given them back.', labels: ['source', 'reason'] },
  lockstep_fenced_writes_total: { help: 'Writes refused because somebody else holds the lease by now.', labels: ['source', 'reason'] },
  lockstep_pruned_rows_total: { help: 'Rows that retention removed, by what they were.', labels: ['reason'] },
  lockstep_scrape_failures_total: { help: 'Scrapes for which the database could not be asked.', labels: [] },
} as const satisfies Readonly<Record<string, Declared>>;

export const HISTOGRAMS = {
  lockstep_run_duration_seconds: { help: 'How long runs took.', labels: ['source'], buckets: LONG },
  lockstep_job_wait_seconds: { help: 'How long jobs that were due waited for a worker.', labels: ['lane'], buckets: LONG },
  lockstep_source_wait_seconds: { help: 'Waits before requests to a source: throttled by it, after a failure, or to keep its pace.', labels: ['source', 'reason'], buckets: LONG },
  lockstep_write_gate_wait_seconds: { help: 'How long work waited for the one gate of the database.', labels: [], buckets: QUICK },
  lockstep_event_loop_lag_seconds: { help: 'How late a timer of the process came.', labels: [], buckets: QUICK },
} as const satisfies Readonly<Record<string, Declared>>;

/** Asked of the database when somebody scrapes; the same from every process. */
export const GAUGES = {
  lockstep_build_info: { help: '1, with the version as its label.', labels: ['version'] },
  lockstep_database_up: { help: '1 when the database answered the scrape.', labels: [] },
  lockstep_schema_version: { help: 'Migrations that the database has been through.', labels: [] },
  lockstep_migrations_pending: { help: 'Migrations that this version knows and the database has not been through, or the other way round.', labels: [] },
  lockstep_database_size_bytes: { help: 'Size of the database file.', labels: [] },
  lockstep_disk_free_ratio: { help: 'Share of the disk of the database file that is free.', labels: [] },
  lockstep_inbox_waiting: { help: 'Deliveries that are stored and not worked on yet.', labels: ['source'] },
  lockstep_inbox_oldest_seconds: { help: 'Age of the oldest of them.', labels: ['source'] },
  lockstep_outbox_rows: { help: 'Assets that a target is owed, by how far that is.', labels: ['target', 'state'] },
  lockstep_outbox_oldest_seconds: { help: 'Age of the oldest debt that could be delivered.', labels: ['target'] },
  lockstep_outbox_attempts: { help: 'Most attempts that one debt of a target has taken.', labels: ['target'] },
  lockstep_dead_letters: { help: 'Deliveries that were given up and wait for a person.', labels: ['target'] },
  lockstep_target_paused: { help: '1 when nothing is delivered to the target until somebody resumes it.', labels: ['target'] },
  lockstep_reviews_open: { help: 'Questions that wait for a person.', labels: ['kind'] },
  lockstep_reviews_oldest_seconds: { help: 'Age of the oldest of them.', labels: ['kind'] },
  lockstep_held_sets_open: { help: 'Changes in bulk that a guard holds until a person decides.', labels: ['source', 'reason'] },
  lockstep_guard_trips_total: { help: 'Changes in bulk that a guard has ever held.', labels: ['source', 'reason'] },
  lockstep_quarantine_records: { help: 'Records that could not be used as they are, by class of reason.', labels: ['source', 'reason'] },
  lockstep_last_run_outcome: { help: '1 for the outcome of the last run of a source.', labels: ['source', 'outcome'] },
  lockstep_last_run_duration_seconds: { help: 'How long the last run of a source took.', labels: ['source'] },
  lockstep_last_success_seconds: { help: 'Since the last run that succeeded; before the first, since the source was first known.', labels: ['source'] },
  lockstep_failures_in_a_row: { help: 'Runs of a source since the last that was no failure, at most 100.', labels: ['source'] },
  lockstep_source_paused: { help: '1 when a source is not read until somebody resumes it.', labels: ['source'] },
  lockstep_jobs_waiting: { help: 'Jobs that are due and have not begun.', labels: ['lane'] },
  lockstep_jobs_oldest_seconds: { help: 'How long the oldest of them has been due.', labels: ['lane'] },
  lockstep_jobs_running: { help: 'Jobs under way.', labels: ['lane'] },
  lockstep_breaker_open: { help: '1 while a source is left alone because it failed too often.', labels: ['source'] },
  lockstep_webhook_last_seconds: { help: 'Since the last delivery of a source.', labels: ['source'] },
  lockstep_webhook_missed_total: { help: 'Changes that polling found and no delivery had told of.', labels: ['source'] },
} as const satisfies Readonly<Record<string, Declared>>;

export type CounterName = keyof typeof COUNTERS;
export type HistogramName = keyof typeof HISTOGRAMS;
export type GaugeName = keyof typeof GAUGES;
