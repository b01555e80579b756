import { createHash } from 'node:crypto';
import { Refusal } from './refusal.js';

interface Place { readonly query: string; readonly ids: readonly string[]; readonly offset: number; readonly blank: boolean }

export interface Slice {
  readonly ids: readonly string[];
  /** The id before the first one, for a duplicate across pages. */
  readonly before: string | undefined;
  readonly next: string | undefined;
}

const MOST_TOKENS = 20_000;

/**
 * The places of paged lists. A pass fixes the ids when it begins, in an order of its own (EC2 promises none), and its
 * tokens fit only the query that began it. Asking twice with one token gives one answer twice, so a client can resume.
 */
export class Passes {
  private readonly places = new Map<string, Place>();
  private count = 0;

  constructor(readonly seed: number, readonly emptyPages: boolean) {}

  begin(query: string, ids: readonly string[]): Place {
    this.count += 1;
    return { query, ids: shuffled(ids, this.seed * 7_919 + this.count), offset: 0, blank: false };
  }

  /** A token of another query, account, region or action is as good as none. */
  resume(query: string, token: string): Place {
    if (token === '') throw new Refusal(400, 'InvalidParameterValue', 'Value (  ) for parameter nextToken is invalid. The token is invalid.');
    const place = this.places.get(token);
    if (place === undefined || place.query !== query) throw new Refusal(400, 'InvalidPaginationToken', 'The specified pagination token is not valid or is expired.');
    return place;
  }

  /**
   * A page of `size`. A full page always comes with a token, even when nothing is left behind it (aws-sdk-js issue 939), and
   * the second page of a longer list is empty where `emptyPages` says so.
   */
  slice(place: Place, size: number, end = place.ids.length): Slice {
    if (place.blank) return { ids: [], before: undefined, next: this.remember({ ...place, blank: false }) };
    const ids = place.ids.slice(place.offset, Math.min(place.offset + size, end));
    const offset = place.offset + ids.length;
    const blank = this.emptyPages && place.offset === 0 && offset < end;
    return {
      ids, before: place.offset > 0 ? place.ids[place.offset - 1] : undefined,
      next: ids.length < size ? undefined : this.remember({ ...place, offset, blank }),
    };
  }

  /** The same page once more, behind an empty one. */
  again(place: Place): Slice { return { ids: [], before: undefined, next: this.remember({ ...place, blank: false }) }; }

  /** All tokens given so far are refused from now on. */
  expire(): void { this.places.clear(); }

  private remember(place: Place): string {
    const token = createHash('sha512').update(`${this.seed}/${this.count}/${place.query}/${place.offset}/${place.blank}/${place.ids.length}/${place.ids[0] ?? ''}`).digest('base64');
    this.places.set(token, place);
    if (this.places.size > MOST_TOKENS) this.places.delete(this.places.keys().next().value as string);
    return token;
  }
}

/** Fisher-Yates with a small generator: another order each pass, the same order each time the program runs. */
function shuffled(ids: readonly string[], seed: number): readonly string[] {
  const result = [...ids];
  let state = (seed | 0) || 1;
  for (let index = result.length - 1; index > 0; index -= 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    state = (state + 0x6d2b79f5) | 0;
    const other = ((state ^ (state >>> 12)) >>> 0) % (index + 1);
    [result[index], result[other]] = [result[other] as string, result[index] as string];
  }
  return result;
}
