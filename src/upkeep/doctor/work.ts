import type { HeldLease } from '../../database/repositories/doctor.js';
import type { Finding } from './finding.js';

/** What waits, runs and was left behind, as of `now`. Times are ms UTC. */
export interface WorkFacts {
  readonly now: number;
  readonly leases: readonly HeldLease[];
  readonly running: readonly { readonly id: string; readonly source: string; readonly startedAt: number }[];
  readonly jobs: { readonly due: number; readonly oldestAt: number | null; readonly abandoned: number };
  readonly inbox: readonly { readonly source: string; readonly waiting: number; readonly oldestAt: number | null }[];
  readonly overdue: readonly { readonly target: string; readonly count: number; readonly since: number }[];
  readonly dead: readonly { readonly target: string; readonly count: number }[];
  readonly reviews: { readonly open: number; readonly oldestAt: number | null };
  readonly quarantined: readonly { readonly source: string; readonly count: number }[];
  readonly sources: readonly { readonly name: string; readonly paused: boolean; readonly failures: number; readonly ranBefore: boolean; readonly succeededAt: number | null }[];
  readonly pausedTargets: readonly string[];
  readonly writes: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** From what stands in the tables to what somebody should do. */
export function judgeWork(facts: WorkFacts): Finding[] {
  const findings = [...runFindings(facts), ...leaseFindings(facts), ...jobFindings(facts), ...sourceFindings(facts), ...outboxFindings(facts), ...personFindings(facts)];
  return findings.length > 0 ? findings : [{ area: 'work', outcome: 'ok', message: 'nothing is stuck, and nothing waits for a person' }];
}

const warn = (message: string, next: string, subject?: string): Finding => ({ area: 'work', outcome: 'warning', message, next, ...(subject !== undefined && { subject }) });
const fail = (message: string, next: string, subject?: string): Finding => ({ ...warn(message, next, subject), outcome: 'failed' });
const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function since(now: number, at: number): string {
  const ms = Math.max(0, now - at);
  return ms < 2 * HOUR ? `${Math.round(ms / MINUTE)} minutes` : ms < 2 * DAY ? `${Math.round(ms / HOUR)} hours` : `${Math.round(ms / DAY)} days`;
}

function runFindings({ now, leases, running }: WorkFacts): Finding[] {
  return running.flatMap(({ id, source, startedAt }) => {
    const lease = leases.find(({ name }) => name === `source:${source}`);
    if (!lease || lease.isDead || lease.expiresAt < now) return [warn(`run ${id} is called running, and whoever ran it is gone`, `\`lockstep sync ${source}\` goes on where it ended`, source)];
    return now - startedAt > DAY ? [warn(`run ${id} has been under way for ${since(now, startedAt)}`, `\`lockstep runs show ${id}\` tells how far it is; a throttled source takes long`, source)] : [];
  });
}

const leaseFindings = ({ now, leases, running }: WorkFacts): Finding[] => leases
  .filter(({ name, isDead, expiresAt }) => (isDead || expiresAt < now) && !running.some(({ source }) => name === `source:${source}`))
  .map(({ name }) => warn('the lease is held by a process that is gone', 'nothing needs to be done: whoever needs it next takes it over', name));

function jobFindings({ now, jobs, inbox }: WorkFacts): Finding[] {
  const serve = 'start `lockstep serve`, or see in its log why it takes none';
  return [
    ...(jobs.oldestAt !== null && now - jobs.oldestAt > 15 * MINUTE ? [(now - jobs.oldestAt > HOUR ? fail : warn)(`${many(jobs.due, 'job')} due, the oldest for ${since(now, jobs.oldestAt)}`, serve)] : []),
    ...(jobs.abandoned > 0 ? [warn(`${many(jobs.abandoned, 'job')} taken by a worker that is gone`, 'a running service takes them up again by itself')] : []),
    ...inbox.flatMap(({ source, waiting, oldestAt }) => (oldestAt !== null && now - oldestAt > 15 * MINUTE ? [(now - oldestAt > HOUR ? fail : warn)(`${waiting} deliveries wait, the oldest for ${since(now, oldestAt)}`, serve, source)] : [])),
  ];
}

const sourceFindings = ({ now, sources }: WorkFacts): Finding[] => sources.flatMap(({ name, paused, failures, ranBefore, succeededAt }) => {
  if (paused) return [warn('it is paused: nothing of it is read', `\`lockstep sources resume ${name}\` when it may be read again`, name)];
  if (!ranBefore) return [warn('it has never been read', `\`lockstep sync ${name}\``, name)];
  if (failures >= 3) return [fail(`its last ${failures} runs failed`, `\`lockstep runs list --source ${name} --status failed\` tells why`, name)];
  return succeededAt !== null && now - succeededAt > 2 * DAY ? [warn(`no run has succeeded for ${since(now, succeededAt)}`, `\`lockstep sync ${name}\`, or give it a schedule`, name)] : [];
});

const outboxFindings = ({ now, overdue, dead, pausedTargets, writes }: WorkFacts): Finding[] => [
  ...pausedTargets.map((target) => warn('nothing is delivered to it: it is paused', `\`lockstep push resume ${target}\` when it may be written to again`, target)),
  // What is owed where nothing may be written is no fault.
  ...(writes ? overdue : []).filter(({ target, since: at }) => !pausedTargets.includes(target) && now - at > HOUR).map(({ target, count, since: at }) => (now - at > DAY ? fail : warn)(`${many(count, 'asset')} owed, the longest for ${since(now, at)}`, `\`lockstep push ${target}\` delivers now and says what keeps it`, target)),
  ...dead.filter(({ count }) => count > 0).map(({ target, count }) => warn(many(count, 'dead letter'), `\`lockstep dead-letters list\` tells what was refused, and in whose words`, target)),
];

const personFindings = ({ now, reviews, quarantined }: WorkFacts): Finding[] => [
  ...(reviews.oldestAt !== null && now - reviews.oldestAt > 7 * DAY ? [warn(`${many(reviews.open, 'question')} open, the oldest for ${since(now, reviews.oldestAt)}`, '`lockstep reviews list`')] : []),
  ...quarantined.map(({ source, count }) => warn(`${many(count, 'record')} in quarantine`, `\`lockstep quarantine list --source ${source}\``, source)),
];
