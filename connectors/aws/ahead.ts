export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

const settled = async <T>(work: () => Promise<T>): Promise<Outcome<T>> => {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error };
  }
};

/**
 * Begins `work` for up to `width` items ahead, and gives the outcomes in the order of the items. Most accounts and
 * regions hold nothing, so a pass is mostly waiting: this overlaps it while the pages still come in one order, which is
 * what a resume needs. A failure is an outcome, so that work begun for nobody is never an unhandled rejection.
 */
export async function* ahead<Item, T>(
  items: AsyncIterable<Item> | Iterable<Item>, width: number, work: (item: Item) => Promise<T>,
): AsyncGenerator<{ readonly item: Item; readonly outcome: Outcome<T> }> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const begun: { readonly item: Item; readonly outcome: Promise<Outcome<T>> }[] = [];
  let over = false;
  try {
    for (;;) {
      while (!over && begun.length < Math.max(1, width)) {
        const next = await iterator.next();
        if (next.done === true) over = true;
        else begun.push({ item: next.value, outcome: settled(() => work(next.value)) });
      }
      const first = begun.shift();
      if (first === undefined) return;
      yield { item: first.item, outcome: await first.outcome };
    }
  } finally {
    if (!over) await iterator.return?.();
  }
}
