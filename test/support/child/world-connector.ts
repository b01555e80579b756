import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConnector, defineStream, type ConnectContext, type Mapping, type Page, type PullFrom, type Stream } from '../../../connectors/sdk/contract/index.js';
import { presentRows, WORLD_STREAMS, type RawRecord, type World } from './world.js';

export interface WorldClient {
  readonly source: string;
  /** Read when it is first asked: `world.json` beside the configuration. */
  world(): World;
  /** Called before each page; tests throw or wait here. */
  onPage(source: string, stream: string, page: number): void | Promise<void>;
}

const stream = (name: (typeof WORLD_STREAMS)[number]): Stream<WorldClient, RawRecord> => defineStream<WorldClient, RawRecord>({
  name, permissions: [], deletes: 'told', missingIsTold: true, incremental: name === 'assets' ? 'full' : 'none', ...(name !== 'assets' && { after: ['assets'] }),
  pull: (client, from) => pull(client, name, from),
  map: (raw): Mapping => (raw.broken !== undefined || !raw.record ? { ok: false, externalId: raw.id, reason: raw.broken ?? 'nothing in it' } : { ok: true, record: raw.record }),
});

/** A place is the id after which the next page begins: paging by key, as a careful vendor offers it. */
async function* pull(client: WorldClient, name: string, from: PullFrom): AsyncIterable<Page<RawRecord>> {
  const world = client.world();
  const rows = presentRows(world, client.source, name);
  const since = from.mode === 'incremental' && from.cursor !== undefined ? Number(from.cursor) : -1;
  const wanted = rows.filter((row) => row.epoch > since && row.gone === undefined);
  const gone = rows.filter((row) => row.gone !== undefined && row.epoch > since).map((row) => ({ externalId: row.id }));
  let at = from.resume === undefined ? 0 : Number(from.resume);
  for (let page = 0; ; page++) {
    await client.onPage(client.source, name, page);
    const records = wanted.slice(at, at + world.pageSize);
    at += records.length;
    const isLast = at >= wanted.length;
    yield { scope: '', records, next: isLast ? null : String(at), ...(isLast && { ends: [{ scope: '', coverage: 'complete' as const }], gone, cursor: String(world.epoch) }) };
    if (isLast) return;
  }
}

/** Three systems in one file, for processes that are killed: no server must survive them. `held`: the world is in memory already. */
export const worldConnector = (onPage: (source: string, stream: string, page: number, context: Pick<ConnectContext, 'clock' | 'signal'>) => void | Promise<void> = () => undefined, held?: () => World) => defineConnector<WorldClient>({
  manifest: {
    name: 'world', title: 'World', role: 'itsm', about: 'a generated fleet in a file', streams: WORLD_STREAMS.map((name) => ({ name, default: true, about: name })), auth: [{ method: 'none', keys: [], about: 'none' }],
    baseUrl: 'none', webhookAuth: [], leastRights: 'none', concurrency: 1,
  },
  streams: WORLD_STREAMS.map(stream),
  connect: ({ source, clock, signal }) => {
    let world: World | undefined;
    return { source: source.name, onPage: (name, stream, page) => onPage(name, stream, page, { clock, signal }), world: () => (world ??= held?.() ?? (JSON.parse(readFileSync(join(source.folder, 'world.json'), 'utf8')) as World)) };
  },
  async *check({ source, world }) {
    yield { what: `read ${source}`, outcome: world().sources[source] ? 'ok' : 'failed', message: 'the file names it' };
  },
});

/** `LOCKSTEP_TEST_HANG="beta/assets/3"`: that page comes after a SIGUSR2, or never, until the process is told to stop. It says when it has come to it. */
const wanted = process.env['LOCKSTEP_TEST_HANG'];
const released = new AbortController();
if (wanted !== undefined) process.once('SIGUSR2', () => released.abort());
export const connector = worldConnector(async (source, name, page, { clock, signal }) => {
  if (wanted !== `${source}/${name}/${page}` || released.signal.aborted) return;
  process.stderr.write(`hangs at ${wanted}\n`);
  await clock.sleep(600_000, AbortSignal.any([signal, released.signal])).catch(() => signal.throwIfAborted());
});
