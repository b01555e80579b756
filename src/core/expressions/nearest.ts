/** Levenshtein distance, two swapped neighbours counted as one edit; given up (`limit + 1`) once it must exceed `limit`. */
export function editDistance(left: string, right: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    let least = i;
    for (let j = 1; j <= right.length; j++) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      let value = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) value = Math.min(value, before[j - 2]! + 1);
      current.push(value);
      if (value < least) least = value;
    }
    if (Math.min(least, ...(previous.length ? [Math.min(...previous)] : [])) > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[right.length]!;
}

const folded = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, '');

/**
 * The name that was probably meant: at most 2 edits away, or a third of its length where that is more; never a guess beyond.
 * Case, hyphens and underscores do not count, so `client_secret` finds `clientSecret`. Among equally near ones the first wins.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = folded(name);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const spelled = folded(candidate);
    const [short, long] = [Math.min(spelled.length, wanted.length), Math.max(spelled.length, wanted.length)];
    const limit = Math.min(Math.max(2, Math.floor(long / 3)), short > 2 ? short - 1 : long > 1 ? 1 : 0);
    const distance = editDistance(wanted, spelled, limit);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

/**
 * For names that people may invent: the known one of which this is surely a slip (one edit in four letters at most), so that
 * `os_verson` is caught and `owner_id` is let pass.
 */
export function nearMiss(name: string, known: Iterable<string>): string | undefined {
  const candidate = nearest(name, known);
  if (candidate === undefined) return undefined;
  const limit = Math.max(1, Math.min(2, Math.floor(folded(name).length / 4)));
  return editDistance(folded(name), folded(candidate), limit) <= limit ? candidate : undefined;
}
