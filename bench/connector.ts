import { defineConnector, defineStream, type HttpPort, type Mapping, type Page, type PullFrom } from '../connectors/sdk/contract/index.js';
import { claims, day, identifiers, instant, integer, mapped, rejected, stageTable, text } from '../connectors/sdk/mapping/index.js';
import type { RawMachine, SourceName } from './fleet.js';

interface BenchClient { readonly http: HttpPort; readonly source: SourceName }

export const stages = stageTable([['in stock', 'acquired', 'both'], ['in use', 'in_use', 'both'], ['retired', 'retired', 'both']], { field: 'state' });

/** Written as a vendor's connector is: through the port that is handed in, page by page, with the mapping helpers. */
export const connector = defineConnector<BenchClient>({
  manifest: {
    name: 'bench', title: 'Bench', role: 'itsm', about: 'a simulated system', streams: [{ name: 'machines', default: true, about: 'machines' }], auth: [{ method: 'none', keys: [], about: 'none' }],
    baseUrl: 'required', webhookAuth: [], leastRights: 'none', concurrency: 2,
  },
  streams: [defineStream<BenchClient, RawMachine>({ name: 'machines', permissions: [], deletes: 'by_full_scan', incremental: 'none', pull, map: mapMachine })],
  connect: ({ source, http }) => ({ http, source: source.name as SourceName }),
  async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
});

interface Answer { readonly records: readonly RawMachine[]; readonly next: number | null; readonly total: number }

async function* pull({ http, source }: BenchClient, from: PullFrom): AsyncIterable<Page<RawMachine>> {
  let at = from.resume === undefined ? 0 : Number(from.resume);
  for (;;) {
    const response = await http.send({ url: `/${source}`, query: { offset: at }, stream: 'machines' });
    const { records, next, total } = response.json<Answer>();
    yield { scope: '', records, next: next === null ? null : String(next), expected: total, ...(next === null && { ends: [{ scope: '', coverage: 'complete' as const }], cursor: 'end' }) };
    if (next === null) return;
    at = next;
  }
}

export function mapMachine(raw: RawMachine): Mapping {
  const id = text(raw.id);
  if (id === undefined) return rejected('no id');
  const modifiedAt = instant(raw.updated_at);
  const stage = stages.read(raw);
  return mapped({
    kind: 'asset', externalId: id, assetClass: 'computer', ...(modifiedAt !== undefined && { modifiedAt }),
    identifiers: identifiers({ serial: raw.serial, bios_uuid: raw.uuid, mac: raw.mac }),
    claims: claims({
      name: text(raw.name), manufacturer: text(raw.manufacturer), model: text(raw.model), os_name: text(raw.os), os_version: text(raw.os_version), cpu_count: integer(raw.cpus), memory_mb: integer(raw.memory_mb),
      disk_gb: integer(raw.disk_gb), owner: text(raw.owner), department: text(raw.department), location: text(raw.location), environment: text(raw.environment), purchase_date: day(raw.purchased),
      warranty_expires_on: day(raw.warranty_end), cost: integer(raw.cost_cents),
    }),
    ...(stage && { stage }),
  });
}
