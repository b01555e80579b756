/** Runs at most `places` at once, first come first served. */
export function createPlaces(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = Math.max(1, places);
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
