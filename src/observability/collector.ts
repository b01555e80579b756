import { statfs, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { schemaState } from '../database/repositories/health.js';
import { jobCounts, lastRuns, openBreakers, openReviewCounts, outboxCounts, pausedTargets, quarantineCounts, reviewsEver, sourceRows, webhookCounts, type SourceRuns } from '../database/repositories/metrics.js';
import { failuresInARow } from '../database/repositories/queries-operations.js';
import { LANES } from '../queue/job-queue.js';
import type { Collect, Sample } from './metrics.js';

/** Deliveries that wait, by source: the inbox may stand in a file of its own, so whoever keeps it is asked. */
export type InboxCounts = () => Promise<readonly { readonly source: string; readonly waiting: number; /** ms UTC */ readonly oldestAt: number | null }[]>;

/** Kinds of review that a guard opens, and what it guarded. */
const GUARDED: Readonly<Record<string, string>> = {
  held_stage_move: 'stage_move', held_class_change: 'class_change', held_merge: 'merge', held_split: 'split', held_emptied: 'emptied', held_tombstone: 'tombstone', suspect_scope: 'suspect_scope', push_guard: 'push',
};

/** Everything that the database knows of how the service does: a fixed number of grouped queries, and a few a source of the configuration. */
export function databaseCollector(engine: Pick<Engine, 'config' | 'database' | 'clock'>, inbox?: InboxCounts): Collect {
  const { config, database, clock } = engine;
  const sources = config.sources.map((source) => source.name);
  const known = new Set(sources);
  return async () => {
    const now = clock.now();
    const age = (at: number | null): number => (at === null ? 0 : Math.max(0, now - at) / 1_000);
    // Each in a turn of its own: what waits to be written is not kept from the gate by whoever looks.
    const schema = await database.read(schemaState);
    const outbox = await database.read(outboxCounts);
    const paused = await database.read(pausedTargets);
    const reviews = await database.read(openReviewCounts);
    const guarded = await database.read((tx) => reviewsEver(tx, Object.keys(GUARDED)));
    const quarantine = await database.read(quarantineCounts);
    const jobs = await database.read((tx) => jobCounts(tx, now));
    const breakers = await database.read(openBreakers);
    const webhooks = await database.read(webhookCounts);
    const rows = await database.read(sourceRows);
    const samples: Sample[] = [
      { name: 'lockstep_schema_version', value: schema.applied }, { name: 'lockstep_migrations_pending', value: schema.differing },
      ...(await diskSamples(config.database.path)),
      ...(await inboxSamples(inbox, age)),
    ];
    const targets = new Set([...config.sources.filter((source) => source.push.enabled).map((source) => source.name), ...outbox.map((row) => row.target)]);
    for (const target of targets) {
      const own = outbox.filter((row) => row.target === target);
      const owed = own.filter((row) => DELIVERABLE.has(row.state));
      for (const { state, count } of own) samples.push({ name: 'lockstep_outbox_rows', labels: { target, state }, value: count });
      samples.push(
        { name: 'lockstep_outbox_oldest_seconds', labels: { target }, value: Math.max(0, ...owed.map(({ oldestAt }) => age(oldestAt))) },
        { name: 'lockstep_outbox_attempts', labels: { target }, value: Math.max(0, ...owed.map(({ attempts }) => attempts)) },
        { name: 'lockstep_dead_letters', labels: { target }, value: own.find((row) => row.state === 'dead')?.count ?? 0 },
        { name: 'lockstep_target_paused', labels: { target }, value: paused.has(target) ? 1 : 0 },
      );
    }
    for (const { kind, count, oldestAt } of reviews) samples.push({ name: 'lockstep_reviews_open', labels: { kind }, value: count }, { name: 'lockstep_reviews_oldest_seconds', labels: { kind }, value: age(oldestAt) });
    for (const { source, kind, ever, open } of guarded) {
      const labels = { source, reason: GUARDED[kind] as string };
      samples.push({ name: 'lockstep_guard_trips_total', labels, value: ever }, { name: 'lockstep_held_sets_open', labels, value: open });
    }
    for (const { source, reason, count } of quarantine) samples.push({ name: 'lockstep_quarantine_records', labels: { source, reason }, value: count });
    LANES.forEach((lane, at) => {
      const due = jobs.find((row) => row.lane === at && row.state === 'due');
      samples.push(
        { name: 'lockstep_jobs_waiting', labels: { lane }, value: due?.count ?? 0 }, { name: 'lockstep_jobs_oldest_seconds', labels: { lane }, value: age(due?.oldestAt ?? null) },
        { name: 'lockstep_jobs_running', labels: { lane }, value: jobs.find((row) => row.lane === at && row.state === 'running')?.count ?? 0 },
      );
    });
    for (const { source, lastAt, missed } of webhooks.filter((each) => known.has(each.source))) {
      if (lastAt !== null) samples.push({ name: 'lockstep_webhook_last_seconds', labels: { source }, value: age(lastAt) });
      samples.push({ name: 'lockstep_webhook_missed_total', labels: { source }, value: missed });
    }
    for (const source of sources) {
      const row = rows.get(source);
      samples.push({ name: 'lockstep_breaker_open', labels: { source }, value: breakers.has(source) ? 1 : 0 }, { name: 'lockstep_source_paused', labels: { source }, value: row?.paused ? 1 : 0 });
      const runs = await database.read((tx) => lastRuns(tx, source));
      if (!runs) continue;
      samples.push(...runSamples(source, runs, age(runs.succeededAt ?? row?.knownSince ?? runs.startedAt)), { name: 'lockstep_failures_in_a_row', labels: { source }, value: await database.read((tx) => failuresInARow(tx, source)) });
    }
    return samples;
  };
}

/** Nobody has to decide anything before they go out. */
const DELIVERABLE: ReadonlySet<string> = new Set(['owed', 'sending', 'looking']);

const runSamples = (source: string, { status, startedAt, finishedAt }: SourceRuns, sinceSuccess: number): Sample[] => [
  { name: 'lockstep_last_run_outcome', labels: { source, outcome: status }, value: 1 }, { name: 'lockstep_last_success_seconds', labels: { source }, value: sinceSuccess },
  ...(finishedAt === null ? [] : [{ name: 'lockstep_last_run_duration_seconds' as const, labels: { source }, value: Math.max(0, finishedAt - startedAt) / 1_000 }]),
];

async function inboxSamples(inbox: InboxCounts | undefined, age: (at: number | null) => number): Promise<Sample[]> {
  return (await inbox?.() ?? []).flatMap(({ source, waiting, oldestAt }): Sample[] => [
    { name: 'lockstep_inbox_waiting', labels: { source }, value: waiting }, { name: 'lockstep_inbox_oldest_seconds', labels: { source }, value: age(oldestAt) },
  ]);
}

/** Only of a database that is a file here. */
async function diskSamples(path: string | undefined): Promise<Sample[]> {
  if (path === undefined || path === ':memory:') return [];
  const [file, disk] = [await stat(path), await statfs(dirname(path))];
  return [{ name: 'lockstep_database_size_bytes', value: file.size }, { name: 'lockstep_disk_free_ratio', value: disk.blocks === 0 ? 1 : disk.bavail / disk.blocks }];
}
