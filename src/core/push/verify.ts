import { sameValue } from '../model/compare.js';
import { isShown } from './decide.js';

/** What the read-back of one field says about the write. `superseded`: a third value, which is read as drift or a move. */
export type FieldVerification = 'verified' | 'normalised' | 'unchanged' | 'superseded';

export interface VerifyInput {
  /** What was written, in the target's own spelling; of a stage its codes. */
  readonly written: unknown;
  /** Our value. */
  readonly desired: unknown;
  readonly before: unknown;
  readonly after: unknown;
  /** What it shows now means what we want. */
  readonly isDesired: boolean;
}

export function verifyField({ written, desired, before, after, isDesired }: VerifyInput): FieldVerification {
  if (isShown({ value: null, shown: written, origin: 'written' }, after) || sameValue(desired, after)) return 'verified';
  if (isDesired || isSameText(written, after) || isSameText(desired, after)) return 'normalised';
  return sameValue(before, after) ? 'unchanged' : 'superseded';
}

/** A target that trims, folds case, re-formats a date or cuts at the end of its field has still taken our value. */
export function isSameText(written: unknown, after: unknown): boolean {
  if (typeof after !== 'string' || (typeof written !== 'string' && typeof written !== 'number')) return Array.isArray(written) && Array.isArray(after) && sameSet(written, after);
  const [ours, theirs] = [folded(String(written)), folded(after)];
  if (ours === '' || theirs === '') return ours === theirs;
  if (ours === theirs || (dayOf(ours) !== undefined && dayOf(ours) === dayOf(theirs))) return true;
  return theirs.length >= SHORTEST_FIELD && ours.startsWith(theirs);
}

/** No tool has text fields shorter than this; a shorter beginning is another value. */
const SHORTEST_FIELD = 20;
const folded = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
const sameSet = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  const sorted = (list: readonly unknown[]): string[] => list.map((each) => folded(String(each))).sort();
  return sameValue(sorted(a), sorted(b));
};

/** A day however it is written, where that is beyond doubt: year first, or a day above twelve. */
function dayOf(text: string): string | undefined {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ t]00:00(?::00(?:\.0+)?)?z?)?$/.exec(text);
  if (iso) return `${iso[1]}-${pad(iso[2])}-${pad(iso[3])}`;
  const other = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/.exec(text);
  if (!other) return undefined;
  const [first, second] = [Number(other[1]), Number(other[2])];
  if (text.includes('.') || first > 12) return `${other[3]}-${pad(other[2])}-${pad(other[1])}`;
  return second > 12 ? `${other[3]}-${pad(other[1])}-${pad(other[2])}` : undefined;
}
const pad = (text: string | undefined): string => (text ?? '').padStart(2, '0');

/** When an accepted write that shows no effect is looked at again, ms after the look before; then it has been reverted. */
export const LOOKS_MS: readonly number[] = [5_000, 30_000, 120_000, 600_000];
