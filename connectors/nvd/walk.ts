import { CursorExpiredError, RejectedError, type HttpResponse, type Page, type PullFrom } from '../sdk/contract/index.js';
import { instant } from '../sdk/mapping/index.js';
import type { NvdClient } from './client.js';
import { cveOf, type NvdAnswer, type NvdCve } from './raw.js';

const STREAM = 'vulnerabilities';
/** The most that NVD gives, and its default (https://nvd.nist.gov/developers/vulnerabilities). */
const MOST_PAGE = 2_000;
/** In March 2026 pages above this were refused for hours. */
const SAFE_PAGE = 1_000;
const OVERLAP_MS = 15 * 60_000;
/** "The maximum allowable range when using any date range parameters is 120 consecutive days." */
const MOST_WINDOW_MS = 120 * 86_400_000 - 1;
/** Readings of one window while records move under it. */
const MOST_ROUNDS = 3;

/** Where a pass stands. JSON text of it is the page token, so a pass goes on in another process. */
interface Walk {
  readonly v: 1;
  readonly mode: 'full' | 'incremental';
  /** ms UTC. Full: when the first page was answered. Incremental: the mark at the beginning. */
  readonly mark?: number;
  /** The window being read, and the end of the last one; none in a full pass. ms UTC, fixed for all pages. */
  readonly window?: { readonly from: number; readonly to: number; readonly end: number };
  readonly index: number;
  readonly size: number;
  /** totalResults of the window's first page. */
  readonly total?: number;
  /** Records have changed places since: some may have slid past. */
  readonly moved?: boolean;
  /** Last record of the page before. */
  readonly lastId?: string;
  /** How far NVD's clock is ahead of ours, ms, where it is far; taken once, at the first answer. */
  readonly ahead?: number;
  readonly round: number;
  /** Newest lastModified seen in the pass, ms UTC. */
  readonly newest?: number;
  /** Why the pass is not complete. */
  readonly problem?: string;
}

interface Cursor {
  readonly v: 1;
  /** Up to here everything is known; ISO 8601, UTC. */
  readonly mark: string;
}

/**
 * Full: page after page by published date, which never changes, so later edits move nothing; what is edited meanwhile
 * comes with the next delta, which begins at the first page's time. Incremental: everything modified in windows of at
 * most 120 days with a fixed end, from 15 minutes before the mark. A record that is edited while its window is read
 * slides out of it and shifts the others (https://github.com/fkie-cad/nvd-json-data-feeds/issues/13): such a window is
 * read again. An empty answer is asked for a second time before it is believed.
 */
export async function* pullApi(client: NvdClient, from: PullFrom): AsyncGenerator<Page<NvdCve>> {
  let walk = resumed(from) ?? begin(client, from);
  let doubted = false;
  for (;;) {
    const asked = await ask(client, walk);
    const { answer } = asked;
    const found = answer.vulnerabilities.length;
    const empty = found === 0 && (answer.totalResults > walk.index || answer.totalResults === 0);
    if (empty && !doubted) {
      doubted = true;
      continue;
    }
    doubted = false;
    const after = turn(walk, asked, client.context.clock.now());
    const records = answer.vulnerabilities.map(cveOf);
    if ('next' in after) {
      yield { scope: '', records, next: JSON.stringify(after.next), expected: answer.totalResults };
      walk = after.next;
      continue;
    }
    const { problem, mark } = after;
    yield {
      scope: '', records, next: null, expected: answer.totalResults,
      ends: [problem === undefined ? { scope: '', coverage: 'complete' } : { scope: '', coverage: 'uncovered', reason: problem }],
      ...(mark !== undefined && { cursor: JSON.stringify({ v: 1, mark: new Date(mark).toISOString() } satisfies Cursor) }),
    };
    return;
  }
}

interface Asked {
  readonly answer: NvdAnswer;
  readonly response: HttpResponse;
  /** As it was asked for in the end. */
  readonly size: number;
}

/** A page; in smaller ones when NVD refuses the size. */
async function ask(client: NvdClient, walk: Walk): Promise<Asked> {
  for (let size = walk.size; ; size = Math.max(1, Math.floor(size / 2))) {
    const { window } = walk;
    try {
      const asked = await client.ask({
        ...(window !== undefined && { lastModStartDate: new Date(window.from).toISOString(), lastModEndDate: new Date(window.to).toISOString() }),
        resultsPerPage: size, startIndex: walk.index,
      }, STREAM);
      return { ...asked, size };
    } catch (error) {
      const isSize = error instanceof RejectedError && (size > SAFE_PAGE || (size > 1 && /resultsPerPage/i.test(error.vendorWords ?? '')));
      if (!isSize) throw error;
      client.context.log.warn('NVD refuses the page size: asking for half', { size, words: error.vendorWords });
    }
  }
}

/** What follows a page: the next place, or the end with the mark that may be kept. Pure. */
function turn(walk: Walk, { answer, response, size }: Asked, now: number): { readonly next: Walk } | { readonly problem?: string; readonly mark?: number } {
  const found = answer.vulnerabilities.length;
  const index = walk.index + found;
  const { totalResults } = answer;
  const first = walk.total ?? totalResults;
  const ids = answer.vulnerabilities.map((entry) => cveOf(entry)?.id);
  // In a full pass new records come at the end, or push others into the next page; a list that shrinks, or repeats a
  // record without having grown, has shifted the other way.
  const repeats = walk.lastId !== undefined && ids.includes(walk.lastId);
  const moved = walk.moved === true || (walk.mode === 'full' ? totalResults < first || (repeats && totalResults <= first) : totalResults !== first || repeats);
  const newest = newestOf(answer.vulnerabilities, walk.newest);
  const answeredAt = instant(typeof answer.timestamp === 'string' ? answer.timestamp : undefined) ?? response.serverTime ?? now;
  const here: Walk = {
    ...walk, size, total: first, moved, ...(newest !== undefined && { newest }), ahead: walk.ahead ?? aheadOf(answeredAt - now),
    ...(typeof ids.at(-1) === 'string' && { lastId: ids.at(-1) as string }),
    ...(walk.mode === 'full' && walk.mark === undefined && { mark: answeredAt }),
  };
  // More than the total says, in a full page: the total is wrong, and the list goes on.
  const goesOn = found > 0 && (index < totalResults || (found >= size && index > totalResults));
  if (goesOn) return { next: { ...here, index } };
  const short = found === 0 && index < totalResults ? `NVD counts ${totalResults} records, but its list ended after ${index}` : undefined;
  const { total: _total, moved: _moved, lastId: _lastId, ...kept } = here;
  if (moved && short === undefined && walk.round < MOST_ROUNDS) return { next: { ...kept, index: 0, round: walk.round + 1 } };
  const problem = walk.problem ?? short ?? (moved ? `records moved in each of ${MOST_ROUNDS} readings` : undefined);
  const { window } = walk;
  if (window !== undefined && window.to < window.end) {
    return { next: { ...kept, window: windowFrom(window.to, window.end), index: 0, round: 1, ...(problem !== undefined && { problem }) } };
  }
  // Our present is NVD's past: what it has modified in between is a window more.
  if (window !== undefined && here.ahead !== undefined && here.ahead > 0) {
    const end = window.end + here.ahead;
    return { next: { ...kept, window: windowFrom(window.to, end), ahead: 0, index: 0, round: 1, ...(problem !== undefined && { problem }) } };
  }
  if (problem !== undefined) return { problem };
  if (walk.mode === 'full') return { ...(index > 0 && here.mark !== undefined && { mark: here.mark }) };
  // Nothing in the last window, twice: it may move to the window's end, but not beyond what NVD itself calls now.
  const reached = totalResults === 0 ? Math.min(window!.to, answeredAt) : newest;
  return { mark: Math.max(walk.mark ?? 0, reached ?? 0) };
}

/** Clocks that agree to the minute are one. */
const aheadOf = (skew: number): number => (skew > 60_000 ? skew : 0);

function newestOf(entries: readonly unknown[], before: number | undefined): number | undefined {
  let newest = before;
  for (const entry of entries) {
    const { lastModified } = cveOf(entry) ?? {};
    const at = typeof lastModified === 'string' ? instant(lastModified) : undefined;
    if (at !== undefined && (newest === undefined || at > newest)) newest = at;
  }
  return newest;
}

const windowFrom = (from: number, end: number): NonNullable<Walk['window']> => ({ from, to: Math.min(end, from + MOST_WINDOW_MS), end });

function begin(client: NvdClient, from: PullFrom): Walk {
  const size = Math.min(MOST_PAGE, Math.max(1, Math.trunc(from.pageSize ?? MOST_PAGE)));
  const mark = from.mode === 'incremental' ? markOf(client, from.cursor) : undefined;
  if (mark === undefined) return { v: 1, mode: 'full', index: 0, size, round: 1 };
  const end = client.context.clock.now();
  return { v: 1, mode: 'incremental', mark, window: windowFrom(Math.min(mark, end) - OVERLAP_MS, end), index: 0, size, round: 1 };
}

/** Without any mark an incremental pass is a full one; a mark that cannot be read asks for one. */
function markOf(client: NvdClient, cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const { mark } = parsed<Partial<Cursor>>(cursor) ?? {};
  const at = typeof mark === 'string' ? instant(mark) : undefined;
  if (at === undefined) throw new CursorExpiredError(`${client.context.source.name} ${STREAM}: the mark of the last run cannot be read`, undefined, { hint: 'A full run makes a new one.' });
  return at;
}

function resumed(from: PullFrom): Walk | undefined {
  const walk = parsed<Partial<Walk>>(from.resume);
  const whole = walk?.v === 1 && Number.isInteger(walk.index) && Number.isInteger(walk.size) && Number.isInteger(walk.round)
    && (walk.mode === 'full' || (walk.mode === 'incremental' && walk.window !== undefined));
  return whole ? (walk as Walk) : undefined;
}

function parsed<T>(json: string | undefined): T | undefined {
  try {
    const value: unknown = JSON.parse(json ?? 'null');
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
