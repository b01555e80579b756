import type { Hold, LifecycleStage, StageReading } from '../contract/index.js';
import { text } from './values.js';

/** A vendor's status: one code, or several fields that are read and written together. `*` in a read row is any value. */
export type StageCode = string | { readonly [field: string]: string };

/**
 * `both`: read and written. `read`: an older or finer word of the vendor. `write`: the vendor has no word of its own for
 * the stage; the code written reads back as another row says, and that is an echo.
 */
export type StageRow = readonly [code: StageCode, stage: LifecycleStage, direction: 'both' | 'read' | 'write', extra?: { readonly holds?: readonly Hold[] }];

export interface StageTable {
  readonly rows: readonly StageRow[];
  /** The fields that carry the stage. */
  readonly fields: readonly string[];
  /** What the raw codes say. No stage in it: unmapped or silent. `undefined`: none of the fields is there at all. */
  read(raw: unknown): StageReading | undefined;
  /** What to write for a stage; `undefined`: the vendor cannot be told. */
  write(stage: LifecycleStage): { readonly [field: string]: string } | undefined;
  /** True where what is written reads back as another stage. */
  isCoarse(stage: LifecycleStage): boolean;
}

const ANY = '*';

/** One table, read both ways. `field` names the one field of a table of single codes; default `status`. A faulty table throws when it is loaded. */
export function stageTable(rows: readonly StageRow[], options: { readonly field?: string; readonly ignoreCase?: boolean } = {}): StageTable {
  const single = options.field ?? 'status';
  const fold = (value: string): string => (options.ignoreCase === true ? value.toLowerCase() : value);
  const codeOf = (code: StageCode): { readonly [field: string]: string } => (typeof code === 'string' ? { [single]: code } : code);
  const fields = [...new Set(rows.flatMap(([code]) => Object.keys(codeOf(code))))];
  const wildcards = (code: { readonly [field: string]: string }): number => fields.filter((name) => (code[name] ?? ANY) === ANY).length;
  // The more exact row is asked first.
  const readers = rows.filter(([, , direction]) => direction !== 'write')
    .map(([code, stage, , extra]) => ({ code: codeOf(code), stage, holds: extra?.holds })).sort((a, b) => wildcards(a.code) - wildcards(b.code));
  const writers = new Map<LifecycleStage, { readonly [field: string]: string }>();

  const seen = new Set<string>();
  for (const { code } of readers) {
    const key = JSON.stringify(fields.map((name) => fold(code[name] ?? ANY)));
    if (seen.has(key)) throw new Error(`stage table: ${key} is read twice`);
    seen.add(key);
  }
  for (const [code, stage, direction] of rows) {
    if (direction === 'read') continue;
    const given = codeOf(code);
    if (writers.has(stage)) throw new Error(`stage table: ${stage} is written twice`);
    if (fields.some((name) => (given[name] ?? ANY) === ANY)) throw new Error(`stage table: ${stage} must be written with a value for each of ${fields.join(', ')}`);
    writers.set(stage, given);
  }

  const match = (raw: { readonly [field: string]: string }) =>
    readers.find(({ code }) => fields.every((name) => (code[name] ?? ANY) === ANY || fold(code[name]!) === fold(raw[name] ?? '')));

  return {
    rows, fields,
    read(raw) {
      const codes: Record<string, string> = {};
      let said = false;
      for (const name of fields) {
        const value: unknown = typeof raw === 'object' && raw !== null ? (Object.hasOwn(raw, name) ? (raw as Record<string, unknown>)[name] : undefined) : name === single ? raw : undefined;
        if (value === undefined || value === null) continue;
        said = true;
        // a code that is no text (an object, a list) is kept out: unmapped, and reported as such
        const code = (text(value) ?? '').slice(0, 200);
        codes[name] = code;
      }
      if (!said) return undefined;
      const row = Object.values(codes).every((code) => code === '') ? undefined : match(codes);
      return { raw: codes, ...(row && { stage: row.stage }), ...(row?.holds && { holds: row.holds }) };
    },
    write: (stage) => writers.get(stage),
    isCoarse(stage) {
      const given = writers.get(stage);
      return given !== undefined && match(given)?.stage !== stage;
    },
  };
}
