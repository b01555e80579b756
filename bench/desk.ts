import { IsInt, Min } from 'class-validator';
import { defineConnector, defineStream, type Connector, type FetchedOne, type HttpPort, type Page, type PullFrom, type RecordWrite, type WriteOutcome } from '../connectors/sdk/contract/index.js';
import { mapMachine, stages } from './connector.js';
import type { RawMachine } from './fleet.js';

/** Calls by id. `batched`: as the vendors that are built in, lists of ids and of changes; `single`: one call a record, as most others. */
export const SHAPES = { batched: { read: 50, write: 20 }, single: { read: 1, write: 1 } } as const;
export type Shape = keyof typeof SHAPES;

/** The pace is kept in parts of some seconds, so that an answer that takes its time costs little of it. */
export const PART_MS = 10_000;

export class DeskOptions {
  @IsInt() @Min(1)
  requestsPerSecond: number = 10;
}

interface DeskClient { readonly http: HttpPort; readonly paced: HttpPort }
interface Answer { readonly records: readonly RawMachine[]; readonly next: number | null; readonly total: number }

export const deskName = (shape: Shape): string => `bench-${shape}`;

/** A target, written as a vendor's connector is. Lists come from another address than what is counted: only push is measured. */
export function deskConnector(shape: Shape): Connector<DeskClient> {
  const { read, write } = SHAPES[shape];
  return defineConnector<DeskClient>({
    manifest: {
      name: deskName(shape), title: 'Bench desk', role: 'finance', about: 'a simulated target', streams: [{ name: 'machines', default: true, about: 'machines' }], auth: [{ method: 'none', keys: [], about: 'none' }],
      // 200 calls a second, each of 60 ms, are 12 at once.
      baseUrl: 'required', webhookAuth: [], leastRights: 'none', concurrency: 16,
    },
    optionsClass: DeskOptions,
    streams: [defineStream<DeskClient, RawMachine>({
      name: 'machines', permissions: [], deletes: 'by_full_scan', incremental: 'none', pull, map: mapMachine, fetchOne: async ({ paced }, id) => foundOf((await paced.send({ url: `/desk/records/${id}`, stream: 'machines' })).json<Answer>().records[0]),
      push: {
        attributes: ['location'], batch: write, codesFor: (stage) => stages.write(stage), write: change,
        ...(read > 1 && { fetchMany: (client: DeskClient, ids: readonly string[]) => fetchMany(client, ids, read) }),
      },
    })],
    connect: ({ source, http }) => ({ http, paced: http.withPace({ requests: (Number(source.options['requestsPerSecond']) * PART_MS) / 1000, perMs: PART_MS }) }),
    async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
  });
}

async function* pull({ http }: DeskClient, from: PullFrom): AsyncIterable<Page<RawMachine>> {
  let at = from.resume === undefined ? 0 : Number(from.resume);
  for (;;) {
    const { records, next, total } = (await http.send({ url: '/desk', query: { offset: at }, stream: 'machines' })).json<Answer>();
    yield { scope: '', records, next: next === null ? null : String(next), expected: total, ...(next === null && { ends: [{ scope: '', coverage: 'complete' as const }], cursor: 'end' }) };
    if (next === null) return;
    at = next;
  }
}

const foundOf = (raw: RawMachine | undefined): FetchedOne<RawMachine> => (raw ? { kind: 'found', raw } : { kind: 'gone' });

async function fetchMany({ paced }: DeskClient, ids: readonly string[], most: number): Promise<ReadonlyMap<string, FetchedOne<RawMachine>>> {
  const found = new Map<string, FetchedOne<RawMachine>>(ids.map((id) => [id, { kind: 'gone' }]));
  for (let at = 0; at < ids.length; at += most) {
    const { records } = (await paced.send({ url: '/desk/records', query: { ids: ids.slice(at, at + most).join(',') }, stream: 'machines' })).json<Answer>();
    for (const raw of records) found.set(raw.id, { kind: 'found', raw });
  }
  return found;
}

async function change({ paced }: DeskClient, writes: readonly RecordWrite<RawMachine>[]): Promise<readonly WriteOutcome[]> {
  const body = writes.map(({ externalId, stage, fields }) => ({ id: externalId, ...stage?.codes, ...Object.fromEntries(fields.map(({ attribute, value }) => [attribute, value])) }));
  await paced.send({ method: 'PATCH', url: '/desk/records', body, stream: 'machines' });
  return writes.map(() => ({ kind: 'accepted' }));
}
