import { IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, SourceError, type AssetRecord, type AttributeValue, type FetchedOne, type LifecycleStage, type RecordWrite, type Stream, type StreamPush, type WriteOutcome } from '../contract/index.js';
import type { LoggedRequest } from '../sandbox/types.js';
import type { Bench } from './bench.js';
import type { Suite } from './reading.js';

/** What writes: neither a read, nor a token. */
export const isWrite = (request: LoggedRequest): boolean => request.method !== 'GET' && request.purpose === 'data';

/** A stream that is written, with what the cases need of it. */
export interface Written { readonly stream: Stream<any>; readonly push: StreamPush<any> }

export interface Change { readonly stage?: LifecycleStage; readonly fields?: Readonly<Record<string, AttributeValue | null>> }

/** Fresh records, and two changes that differ from what they say and from each other. */
export async function subject(suite: Suite, one: Written, options: { readonly timeoutMs?: number; readonly count?: number } = {}): Promise<{ bench: Bench; key: string; keys: string[]; change: Change; other: Change }> {
  const bench = await suite.bench(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs });
  const keys = Array.from({ length: options.count ?? 1 }, () => bench.sandbox.edit.insert(one.stream.name));
  const before = await recordOf(bench, one, keys[0]!);
  const stages = LIFECYCLE_STAGES.filter((stage) => stage !== before.stage?.stage && one.push.codesFor?.(stage, {}) !== undefined);
  if (stages.length >= 2) return { bench, key: keys[0]!, keys, change: { stage: stages[0]! }, other: { stage: stages[1]! } };
  const donors = await recordsOf(bench, one.stream);
  for (const attribute of one.push.attributes) {
    const first = donorOf(donors, attribute, before.claims[attribute]);
    const second = donorOf(donors, attribute, before.claims[attribute], first);
    if (first !== undefined && second !== undefined) return { bench, key: keys[0]!, keys, change: { fields: { [attribute]: first } }, other: { fields: { [attribute]: second } } };
  }
  throw new Error(`${one.stream.name}: nothing to write two values of`);
}

export async function fetchAll(bench: Bench, { stream, push }: Written, ids: readonly string[]): Promise<ReadonlyMap<string, FetchedOne<any>>> {
  if (push.fetchMany !== undefined) return await push.fetchMany(bench.client, ids);
  const found = new Map<string, FetchedOne<any>>();
  for (const id of ids) found.set(id, await stream.fetchOne!(bench.client, id));
  return found;
}

export async function rawOf(bench: Bench, one: Written, id: string): Promise<unknown> {
  const found = (await fetchAll(bench, one, [id])).get(id);
  if (found?.kind !== 'found') throw new Error(`${one.stream.name} ${id} is not found: ${JSON.stringify(found)}`);
  return found.raw;
}

export async function recordOf(bench: Bench, one: Written, id: string): Promise<AssetRecord> {
  const mapping = bench.map(one.stream, await rawOf(bench, one, id));
  if (!('record' in mapping) || mapping.record.kind !== 'asset') throw new Error(`${one.stream.name} ${id} is no asset: ${JSON.stringify(mapping)}`);
  return mapping.record;
}

export async function writesFor(bench: Bench, one: Written, ids: readonly string[], change: Change): Promise<RecordWrite[]> {
  const writes: RecordWrite[] = [];
  for (const externalId of ids) {
    writes.push({
      externalId, current: await rawOf(bench, one, externalId),
      ...(change.stage !== undefined && { stage: { stage: change.stage, codes: one.push.codesFor!(change.stage, {})! } }),
      fields: Object.entries(change.fields ?? {}).map(([attribute, value]) => ({ attribute, value })),
    });
  }
  return writes;
}
export const writeFor = async (bench: Bench, one: Written, id: string, change: Change): Promise<RecordWrite> => (await writesFor(bench, one, [id], change))[0]!;

export async function outcomesOf(bench: Bench, push: StreamPush<any>, writes: readonly RecordWrite[]): Promise<readonly WriteOutcome[]> {
  const outcomes = await push.write(bench.client, writes);
  expect(outcomes.length).toBe(writes.length);
  return outcomes;
}

export const writeOne = async (bench: Bench, one: Written, id: string, change: Change): Promise<WriteOutcome> => (await outcomesOf(bench, one.push, [await writeFor(bench, one, id, change)]))[0]!;

export async function recordsOf(bench: Bench, stream: Stream<any>): Promise<AssetRecord[]> {
  const pass = await bench.pass(stream, { mode: 'full' });
  return pass.records.flatMap((raw) => {
    const mapping = bench.map(stream, raw);
    return 'record' in mapping && mapping.record.kind === 'asset' ? [mapping.record] : [];
  });
}

/** A value that another record has, so that the vendor surely knows it; identifying ones are changed a little, for they are somebody's. */
export function donorOf(donors: readonly AssetRecord[], attribute: string, ...not: readonly (AttributeValue | null | undefined)[]): AttributeValue | undefined {
  const values = donors.map((record) => record.claims[attribute]).filter((value): value is AttributeValue => value !== undefined && value !== null && typeof value !== 'object');
  const fresh = Object.hasOwn(IDENTIFYING_ATTRIBUTES, attribute) ? values.map((value) => `${String(value)}7`) : values;
  return fresh.find((value) => !not.includes(value));
}

export function expectHolds(record: AssetRecord, write: RecordWrite): void {
  for (const [field, code] of Object.entries(write.stage?.codes ?? {})) expect({ field, code: record.stage?.raw[field] ?? '' }).toEqual({ field, code });
  for (const { attribute, value } of write.fields) expect({ attribute, value: record.claims[attribute] }).toEqual({ attribute, value });
}

export function expectRefusal(outcome: { readonly kind: string; readonly error?: unknown }): void {
  expect(outcome.kind).toBe('refused');
  expect(outcome.error).toBeInstanceOf(SourceError);
  const error = outcome.error as SourceError;
  expect({ message: error.message.length > 20, hint: (error.hint ?? '').length > 10 ? 'there' : `of ${error.message}` }).toEqual({ message: true, hint: 'there' });
}

export const changedIds = (bench: Bench): string[] => bench.sandbox.writes!.journal().filter((entry) => entry.by === 'api' && entry.changed.length > 0).map((entry) => entry.externalId).sort();

export const idOf = (bench: Bench, stream: Stream<any>, raw: unknown): string | undefined => {
  const mapping = bench.map(stream, raw);
  return 'record' in mapping ? mapping.record.externalId : mapping.externalId;
};
