import {
  AuthenticationError, PermissionError, RateLimitedError, RejectedError, SourceConfigurationError, SourceError, UnavailableError,
  type Page, type PullFrom, type ScopeEnd,
} from '../sdk/contract/index.js';
import { ahead, type Outcome } from './ahead.js';
import type { Account, AwsClient } from './client.js';
import { manifest } from './manifest.js';

/** One account and region: what one list call covers, so also the unit in which a pass is complete or not. */
export interface Place {
  readonly account: Account;
  readonly region: string;
  readonly partition: string;
}

export interface Found<Raw> {
  readonly records: readonly Raw[];
  readonly next?: string;
  readonly warnings?: readonly string[];
}

/** Asks for one page of one place. */
export type ReadPage<Raw> = (place: Place, token: string | undefined) => Promise<Found<Raw>>;

/** A place in a pass. Accounts come in their configured order and regions by code unit: everything before is done. */
interface Position {
  readonly v: 1;
  readonly account: string;
  readonly region: string;
  /** NextToken; absent: the place is done. */
  readonly next?: string;
}

export const scopeOf = (account: string, region: string): string => `account=${account},region=${region}`;

/** A region that is away is not covered; that many one after the other mean that the way to AWS is. */
const MOST_AWAY_IN_A_ROW = 3;
/** Accounts that are opened (role, regions) ahead of the one being read. */
const ACCOUNTS_AHEAD = 4;

type Step<Raw> =
  | { readonly kind: 'place'; readonly place: Place; readonly token?: string }
  | { readonly kind: 'uncovered'; readonly account: string; readonly region: string; readonly reason: string; readonly error?: SourceError }
  | { readonly kind: 'page'; readonly at: Position; readonly page: Omit<Page<Raw>, 'next'> };

/**
 * Reads every account and region. A place that refuses, or is away, ends as uncovered and the pass goes on; a pass in
 * which no place could be read at all is a failure, for then it is the credentials or the way that is wrong.
 */
export async function* scan<Raw>(client: AwsClient, from: PullFrom, stream: string, read: ReadPage<Raw>): AsyncGenerator<Page<Raw>> {
  const resume = positionOf(from.resume);
  let held: { readonly at: Position; readonly page: Omit<Page<Raw>, 'next'> } | undefined;
  // Held back until the next is there: only then is it known that it is not the last. A failure lets it go first.
  try {
    for await (const step of pages(client, resume, stream, read)) {
      if (held !== undefined) yield { ...held.page, next: JSON.stringify(held.at) };
      held = step;
    }
  } catch (error) {
    if (held !== undefined) yield { ...held.page, next: JSON.stringify(held.at) };
    throw error;
  }
  if (held !== undefined) yield { ...held.page, next: null };
}

async function* pages<Raw>(client: AwsClient, resume: Position | undefined, stream: string, read: ReadPage<Raw>): AsyncGenerator<Extract<Step<Raw>, { kind: 'page' }>> {
  const unreported: ScopeEnd[] = [];
  let readAny = resume !== undefined;
  let firstRefusal: SourceError | undefined;
  let awayInARow = 0;
  let last: Position | undefined;

  const steps = ahead(places(client, resume, stream), manifest.concurrency, async (step) =>
    (step.kind === 'place' ? await firstPage(read, step.place, step.token) : undefined));
  for await (const { item: step, outcome } of steps) {
    if (step.kind === 'uncovered') {
      last = { v: 1, account: step.account, region: step.region };
      unreported.push({ scope: scopeOf(step.account, step.region), coverage: 'uncovered', reason: step.reason });
      firstRefusal = worse(firstRefusal, step.error);
      client.context.log.warn('a scope is not covered', { stream, account: step.account, region: step.region, reason: step.reason });
      continue;
    }
    const { account, region } = step.place;
    const scope = scopeOf(account.id, region);
    let found = outcome as Outcome<Found<Raw>>;
    let again = true;
    for (;;) {
      if (!found.ok) {
        const error = uncoveredBy(found.error);
        awayInARow = error instanceof UnavailableError || error instanceof RateLimitedError ? awayInARow + 1 : 0;
        last = { v: 1, account: account.id, region };
        unreported.push({ scope, coverage: 'uncovered', reason: reasonOf(error) });
        firstRefusal = worse(firstRefusal, error);
        client.context.log.warn('a scope is not covered', { stream, account: account.id, region, reason: reasonOf(error) });
        if (awayInARow >= MOST_AWAY_IN_A_ROW) throw error;
        break;
      }
      readAny = true;
      awayInARow = 0;
      const { records, next, warnings } = found.value;
      const ends: ScopeEnd[] = [...unreported.splice(0), ...(next === undefined ? [{ scope, coverage: 'complete' as const }] : [])];
      yield {
        kind: 'page',
        at: { v: 1, account: account.id, region, ...(next !== undefined && { next }) },
        page: { scope, records, ...(ends.length > 0 && { ends }), ...(warnings !== undefined && warnings.length > 0 && { warnings }) },
      };
      if (next === undefined) break;
      found = await settle(() => read(step.place, next));
      // A token that AWS no longer takes: this place once more from its beginning; what comes twice changes nothing.
      if (!found.ok && found.error instanceof RejectedError && again) {
        again = false;
        found = await settle(() => read(step.place, undefined));
      }
    }
  }
  if (!readAny && firstRefusal !== undefined) throw firstRefusal;
  if (unreported.length > 0 && last !== undefined) {
    yield { kind: 'page', at: last, page: { scope: scopeOf(last.account, last.region), records: [], ends: unreported.splice(0) } };
  }
}

/** All places in order, from the one at which the pass stopped. */
async function* places(client: AwsClient, resume: Position | undefined, stream: string): AsyncGenerator<Exclude<Step<never>, { kind: 'page' }>> {
  const ids = await client.accountIds();
  const { partition } = await client.identity();
  const start = resume === undefined ? -1 : ids.indexOf(resume.account);
  // An account that is no longer there: from the beginning. What comes twice changes nothing.
  const left = start < 0 ? ids : ids.slice(start);
  const opened = ahead(left, ACCOUNTS_AHEAD, async (id) => {
    const account = await client.account(id, stream);
    return { account, ...(await regionsOf(client, account, stream)) };
  });
  for await (const { item: id, outcome } of opened) {
    const behind = (region: string): boolean => start >= 0 && id === resume!.account
      && (region < resume!.region || (region === resume!.region && resume!.next === undefined));
    if (!outcome.ok) {
      const error = uncoveredBy(outcome.error);
      for (const region of client.settings.regions ?? await client.likelyRegions()) {
        if (!behind(region)) yield { kind: 'uncovered', account: id, region, reason: reasonOf(error), error };
      }
      continue;
    }
    const { account, usable, unusable } = outcome.value;
    for (const { region, reason } of [...usable.map((region) => ({ region, reason: undefined })), ...unusable].sort((a, b) => (a.region < b.region ? -1 : 1))) {
      if (behind(region)) continue;
      if (reason !== undefined) {
        yield { kind: 'uncovered', account: id, region, reason, error: new SourceConfigurationError(`${client.context.source.name} ${stream}: ${reason}`, undefined, { hint: 'Enable it in the account, or take it out of options.regions.' }) };
        continue;
      }
      const token = start >= 0 && id === resume!.account && region === resume!.region ? resume!.next : undefined;
      yield { kind: 'place', place: { account, region, partition }, ...(token !== undefined && { token }) };
    }
  }
}

/** The regions to read in an account, and those that are configured but not enabled there. */
export async function regionsOf(client: AwsClient, account: Account, stream?: string): Promise<{ readonly usable: readonly string[]; readonly unusable: readonly { readonly region: string; readonly reason: string }[]; readonly unlisted?: PermissionError }> {
  const wanted = client.settings.regions;
  let enabled: readonly string[];
  try {
    enabled = await client.enabledRegions(account, stream);
  } catch (error) {
    // The list is only needed to choose: named regions can be asked themselves, and answer for themselves.
    if (wanted === undefined || !(error instanceof PermissionError)) throw error;
    client.context.log.warn('ec2:DescribeRegions is not allowed: the configured regions are asked as they are', { account: account.id });
    return { usable: wanted, unusable: [], unlisted: error };
  }
  if (wanted === undefined) return { usable: enabled, unusable: [] };
  return {
    usable: wanted.filter((region) => enabled.includes(region)),
    unusable: wanted.filter((region) => !enabled.includes(region)).map((region) => ({
      region, reason: `region ${region} is not enabled in account ${account.id} (not-opted-in: DescribeRegions does not list it)`,
    })),
  };
}

async function firstPage<Raw>(read: ReadPage<Raw>, place: Place, token: string | undefined): Promise<Found<Raw>> {
  if (token === undefined) return await read(place, undefined);
  try {
    return await read(place, token);
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    return await read(place, undefined); // NextToken of an earlier run has expired
  }
}

async function settle<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** The errors that leave one place uncovered; any other ends the pass. */
function uncoveredBy(error: unknown): SourceError {
  if (error instanceof SourceError && error.code !== 'interrupted' && error.code !== 'configuration') return error;
  throw error;
}

const reasonOf = (error: SourceError): string => `${error.message}${error.request?.requestId === undefined ? '' : ` [request ${error.request.requestId}]`}`;

/** What to say when nothing could be read: the refusal of a right or of the credentials before everything else. */
function worse(held: SourceError | undefined, next: SourceError | undefined): SourceError | undefined {
  const refused = (error: SourceError | undefined): boolean => error instanceof AuthenticationError || error instanceof PermissionError;
  return held === undefined || (!refused(held) && refused(next)) ? next ?? held : held;
}

function positionOf(token: string | undefined): Position | undefined {
  if (token === undefined) return undefined;
  try {
    const read = JSON.parse(token) as Partial<Position>;
    if (read.v === 1 && typeof read.account === 'string' && typeof read.region === 'string') {
      return { v: 1, account: read.account, region: read.region, ...(typeof read.next === 'string' && { next: read.next }) };
    }
  } catch {
    // not ours: as good as none
  }
  return undefined;
}
