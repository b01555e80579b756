import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LoadedConfig } from '../../config/types.js';
import { DatabaseError } from '../../database/errors.js';
import { Database } from '../../database/database.js';
import { abandonedJobs, engineVersion, fileDamage, heldLeases, overdueTargets, runningRuns, serverTime } from '../../database/repositories/doctor.js';
import { schemaState } from '../../database/repositories/health.js';
import { jobCounts, lastRuns, openReviewCounts, outboxCounts, pausedTargets, quarantineCounts, sourceRows } from '../../database/repositories/metrics.js';
import { failuresInARow } from '../../database/repositories/queries-operations.js';
import type { InboxCounts } from '../../observability/collector.js';
import type { Finding } from './finding.js';
import { judgeDisk, judgeServerClock } from './surroundings.js';
import type { WorkFacts } from './work.js';

/** Opened beside whatever else uses it; undefined where it cannot be, and then why. */
export async function openBeside({ database }: Pick<LoadedConfig, 'database'>): Promise<{ readonly database?: Database; readonly findings: readonly Finding[] }> {
  const { url, path } = database;
  const [subject, area] = [path ?? 'server', 'database' as const];
  if (path === ':memory:') return { findings: [{ area, subject, outcome: 'warning', message: 'it is kept in memory: nothing outlives a command', next: 'give a file in database.url' }] };
  if (path !== undefined && !existsSync(path)) return { findings: [{ area, subject, outcome: 'warning', message: 'there is no database yet', next: 'the first `lockstep sync` makes it' }] };
  try {
    return { database: await Database.open({ url, readonly: true }), findings: path === undefined ? [] : [await mayBeWritten(path)] };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { findings: [{ area, subject, outcome: 'failed', message: error.message, next: error.hint }] };
  }
}

async function mayBeWritten(path: string): Promise<Finding> {
  const common = { area: 'database', subject: path } as const;
  try {
    for (const each of [path, dirname(path)]) await access(each, constants.W_OK);
    return { ...common, outcome: 'ok', message: 'it and its folder can be written' };
  } catch (error) {
    return { ...common, outcome: 'failed', message: `this user may not write there (${(error as NodeJS.ErrnoException).code ?? 'refused'})`, next: 'give the user that runs Lockstep the right to write the file and its folder' };
  }
}

export async function databaseFindings(database: Database, path: string | undefined, now: () => number): Promise<Finding[]> {
  const area = 'database' as const;
  const [schema, version] = [await database.read(schemaState), await database.read(engineVersion)];
  const findings: Finding[] = [schema.differing === 0
    ? { area, subject: 'schema', outcome: 'ok', message: `${version}, migrated ${schema.applied} times, as this version needs it` }
    : { area, subject: 'schema', outcome: 'failed', message: `${schema.differing} migrations differ between the database and this version`, next: 'run the version of Lockstep that migrated it last, or a newer one' }];
  const damage = await database.read(fileDamage);
  if (path !== undefined) findings.push(damage.length === 0 ? { area, subject: 'integrity', outcome: 'ok', message: 'quick_check finds no damage' } : { area, subject: 'integrity', outcome: 'failed', message: damage.join('; '), next: 'stop everything that writes, keep a copy of the file, and restore the latest backup' });
  const theirs = await database.read(serverTime);
  if (theirs !== undefined) findings.push(judgeServerClock(now(), theirs));
  if (path !== undefined) {
    const disk = await statfs(dirname(path));
    const log = `${path}-wal`;
    findings.push(judgeDisk({ freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize, databaseBytes: (await stat(path)).size + (existsSync(log) ? (await stat(log)).size : 0) }));
  }
  return findings;
}

export async function workFacts(database: Database, { sources, environment }: Pick<LoadedConfig, 'sources' | 'environment'>, now: number, inbox?: InboxCounts): Promise<WorkFacts> {
  const outside = await inbox?.() ?? [];
  return database.read(async (tx): Promise<WorkFacts> => {
    const [jobs, reviews, rows] = [(await jobCounts(tx, now)).filter(({ state }) => state === 'due'), await openReviewCounts(tx), await sourceRows(tx)];
    const oldest = (list: readonly { readonly oldestAt: number | null }[]): number | null => list.reduce<number | null>((min, { oldestAt }) => (oldestAt === null ? min : Math.min(min ?? oldestAt, oldestAt)), null);
    const bySource = new Map<string, number>();
    for (const { source, count } of await quarantineCounts(tx)) bySource.set(source, (bySource.get(source) ?? 0) + count);
    const states: WorkFacts['sources'][number][] = [];
    for (const { name } of sources) {
      const runs = await lastRuns(tx, name);
      states.push({ name, paused: rows.get(name)?.paused ?? false, failures: await failuresInARow(tx, name), ranBefore: runs !== undefined, succeededAt: runs?.succeededAt ?? null });
    }
    return {
      now, leases: await heldLeases(tx), running: await runningRuns(tx), jobs: { due: jobs.reduce((sum, { count }) => sum + count, 0), oldestAt: oldest(jobs), abandoned: await abandonedJobs(tx, now) },
      inbox: outside, overdue: await overdueTargets(tx, now), dead: (await outboxCounts(tx)).filter(({ state }) => state === 'dead'), reviews: { open: reviews.reduce((sum, { count }) => sum + count, 0), oldestAt: oldest(reviews) },
      quarantined: [...bySource].map(([source, count]) => ({ source, count })), sources: states, pausedTargets: [...(await pausedTargets(tx))], writes: environment.writes,
    };
  });
}
