import { GROWING_QUARANTINE, RUNS_LOOKED_AT, type Facts, type HeldSetFact, type RunFact, type SourceFact } from './facts.js';
import type { Cause, NoticeKind, NoticeSeverity } from './types.js';

const SEVERITY: Readonly<Record<NoticeKind, NoticeSeverity>> = {
  run_failed: 'error', run_suspect: 'error', run_partial: 'warning', held_set: 'warning', push_paused: 'error', review_waiting: 'info', dead_letter: 'error', source_not_fresh: 'error', webhook_silent: 'warning', quarantine_growing: 'warning', breaker_open: 'error',
};

/** Everything that stands, each once, in the order of its keys. */
export function causesOf(facts: Facts): readonly Cause[] {
  const causes = [
    ...facts.sources.flatMap((source) => [...runCauses(source), ...freshness(source, facts.now)]),
    ...facts.heldSets.map(heldSet),
    ...facts.waiting.filter(({ reviews }) => reviews > 0).map(({ source, reviews, newestAt }) => cause('review_waiting', source, {
      title: `${many(reviews, 'review')}${source === null ? '' : ` about ${source}`} ${reviews === 1 ? 'waits' : 'wait'} for a person`, text: 'Something only a person may decide; until then everything stays as it is.', next: `lockstep reviews list${source === null ? '' : ` --source ${source}`}`, path: '/api/v1/reviews', at: newestAt, times: reviews,
    })),
    ...facts.deadLetters.filter(({ assets }) => assets > 0).map(({ target, assets, newestAt }) => cause('dead_letter', target, {
      title: `${many(assets, 'push', 'pushes')} to ${target} gave up`, text: `${target} does not hold what it should, and nothing more is tried for ${assets === 1 ? 'this asset' : 'these assets'} until somebody decides.`, next: `lockstep dead-letters list --target ${target}`, path: '/api/v1/dead-letters', at: newestAt, times: assets,
    })),
    ...facts.quarantine.filter(({ fresh }) => fresh >= GROWING_QUARANTINE).map(({ source, fresh, total, newestAt }) => cause('quarantine_growing', source, {
      title: `${many(fresh, 'record')} of ${source} went to quarantine within a day`, text: `${many(total, 'record')} of ${source} cannot be used as ${total === 1 ? 'it is' : 'they are'}.`, next: `lockstep quarantine list --source ${source}`, path: '/api/v1/quarantine', at: newestAt, times: fresh,
    })),
    ...facts.silent.map(({ source, since, lastAt }) => cause('webhook_silent', source, {
      title: `${source} sends no webhooks any more`, text: `${lastAt === null ? 'None has ever come' : `The last one came at ${instant(lastAt)}`}, and polling finds changes that none told of. Nothing is lost, but changes arrive later.`, next: `lockstep sources show ${source}`, path: `/api/v1/sources/${source}`, at: since, times: 1,
    })),
    ...facts.breakers.map(({ source, since, failures, reason }) => cause('breaker_open', source, {
      title: `${source} is left alone after ${many(failures, 'failure')}`, text: `It is probed from time to time and read again as soon as it answers.${reason === null ? '' : ` Last: ${short(reason)}`}`, next: `lockstep check ${source}`, path: `/api/v1/sources/${source}`, at: since, times: 1,
    })),
  ];
  const byKey = new Map<string, Cause>();
  for (const each of causes) {
    const other = byKey.get(each.key);
    // Told twice with different words: the later one, so that order means nothing.
    if (!other || after(each, other)) byKey.set(each.key, each);
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

type Words = Pick<Cause, 'title' | 'text' | 'next' | 'path' | 'at' | 'times'>;
const cause = (kind: NoticeKind, source: string | null, words: Words, key = source ?? ''): Cause => ({ key: `${kind}:${key}`, kind, source, severity: SEVERITY[kind], ...words });
const after = (a: Cause, b: Cause): boolean => (a.at !== b.at ? a.at > b.at : a.times !== b.times ? a.times > b.times : JSON.stringify(a) > JSON.stringify(b));

/** Worse is higher. A run ends what is worse than it was; only a full one ends what a full one began. */
const RANK: Readonly<Record<RunFact['status'], number>> = { succeeded: 0, partial: 1, suspect: 2, failed: 3 };
const ends = (later: RunFact, earlier: RunFact): boolean => later.seq > earlier.seq && RANK[later.status] < RANK[earlier.status] && (later.mode === 'full' || earlier.mode === 'incremental');

function runCauses({ name, runs: given }: SourceFact): Cause[] {
  const runs = [...new Map(given.map((run) => [run.id, run])).values()].sort((a, b) => b.seq - a.seq);
  return (['failed', 'suspect', 'partial'] as const).flatMap((status) => {
    const standing = runs.filter((run) => run.status === status && !runs.some((later) => ends(later, run)));
    const [last] = standing;
    if (!last) return [];
    const row = standing.length === 1 ? '' : `, ${standing.length} times${standing.length >= RUNS_LOOKED_AT ? ' or more' : ''} now`;
    const words = { at: last.at, times: standing.length, next: `lockstep runs show ${last.id}`, path: `/api/v1/runs/${last.id}` };
    switch (status) {
      case 'failed': return [cause('run_failed', name, { ...words, title: `A run of ${name} failed${row}`, text: last.error === null ? 'What was read before stays as it is.' : short(last.error) })];
      case 'suspect': return [cause('run_suspect', name, { ...words, title: `${name} suddenly returned far less than before${row}`, text: 'Nothing was concluded from it: no record is taken for gone until a person accepts the new size.', next: `lockstep reviews list --source ${name}` })];
      case 'partial': return [cause('run_partial', name, { ...words, title: `A run of ${name} could not read everything${row}`, text: last.error === null ? 'What could not be read stays as it was.' : short(last.error) })];
    }
  });
}

function freshness({ name, paused, lastSuccessAt, staleAt, expected }: SourceFact, now: number): Cause[] {
  if (paused || now < staleAt) return [];
  return [cause('source_not_fresh', name, {
    title: `${name} was not read for too long`, text: `${lastSuccessAt === null ? 'No run has ever succeeded' : `The last run that succeeded ended at ${instant(lastSuccessAt)}`}; one was expected within ${expected}.`, next: `lockstep check ${name}`, path: `/api/v1/sources/${name}`, at: staleAt, times: 1,
  })];
}

function heldSet({ id, kind, source, because, records, openedAt }: HeldSetFact): Cause {
  const paused = kind === 'push_guard';
  return cause(paused ? 'push_paused' : 'held_set', source, {
    title: paused ? `Writing to ${source ?? 'a target'} is paused by its guard: ${many(records, 'record')} wait` : `A held set${source === null ? '' : ` of ${source}`} waits: ${many(records, 'record')}`,
    text: short(because), next: `lockstep reviews show ${id}`, path: `/api/v1/reviews/${id}`, at: openedAt, times: 1,
  }, String(id));
}

const many = (n: number, one: string, more = `${one}s`): string => `${String(n)} ${n === 1 ? one : more}`;
const instant = (at: number): string => new Date(at).toISOString();
/** Errors can be long; a message is not the place for all of it. */
const short = (text: string): string => (text.length <= 500 ? text : `${text.slice(0, 499)}…`);
