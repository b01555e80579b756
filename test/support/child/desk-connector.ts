import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConnector, defineStream, type AttributeValue, type LifecycleStage, type Mapping, type Page, type StageCodes } from '../../../connectors/sdk/contract/index.js';

/** A row of a desk as it stands after everything that its journal says. */
export interface DeskRow { readonly id: string; readonly status: string; readonly changed: number; readonly [field: string]: AttributeValue | null }

/** One line of a desk's journal. `by`: who wrote it. */
export interface DeskLine { readonly by: 'seed' | 'desk' | 'lockstep'; readonly kind: 'put' | 'update' | 'create'; readonly id: string; readonly at: number; readonly fields: Readonly<Record<string, AttributeValue | null>> }

const CODES: Readonly<Record<string, LifecycleStage>> = { S: 'acquired', A: 'in_use', M: 'maintenance', R: 'retired' };
const WRITES: Partial<Record<LifecycleStage, string>> = { acquired: 'S', in_use: 'A', maintenance: 'M', retired: 'R' };

/** A desk is a file to which lines are added: whoever is killed after a line was added has written it. */
export class Desk {
  private static written = 0;
  constructor(private readonly folder: string, readonly source: string) {}

  get file(): string { return join(this.folder, `${this.source}.journal`); }

  lines(): DeskLine[] {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as DeskLine);
  }

  rows(): Map<string, DeskRow> {
    const rows = new Map<string, DeskRow>();
    for (const { id, at, fields } of this.lines()) rows.set(id, { ...(rows.get(id) ?? { status: 'A' }), ...fields, id, changed: at } as DeskRow);
    return rows;
  }

  add(line: DeskLine): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    // The vendor has applied it, and nobody hears the answer.
    if (line.by === 'lockstep' && Number(process.env['LOCKSTEP_TEST_DESK_CRASH'] ?? 0) === ++Desk.written) process.kill(process.pid, 'SIGKILL');
  }
}

const FIELDS = ['name', 'serial_number', 'location'] as const;

export const connector = defineConnector<Desk>({
  manifest: {
    name: 'desk', title: 'Desk', role: 'itsm', about: 'a service desk whose rows lie in a file', streams: [{ name: 'records', default: true, about: 'assets' }], auth: [{ method: 'none', keys: [], about: 'none' }], baseUrl: 'none', webhookAuth: [], leastRights: 'none', concurrency: 1,
    referenceFields: ['lockstep_id'], indexLagMs: 0,
  },
  streams: [defineStream<Desk, DeskRow>({
    name: 'records', permissions: [], deletes: 'by_full_scan', incremental: 'none', map: mapRow,
    async *pull(desk, from): AsyncGenerator<Page<DeskRow>> {
      const rows = [...desk.rows().values()];
      for (let at = from.resume === undefined ? 0 : Number(from.resume); ; at += 50) {
        const isLast = at + 50 >= rows.length;
        yield { scope: '', records: rows.slice(at, at + 50), next: isLast ? null : String(at + 50), ...(isLast && { ends: [{ scope: '', coverage: 'complete' as const }], cursor: 'end' }) };
        if (isLast) return;
      }
    },
    fetchOne: async (desk, id) => { const raw = desk.rows().get(id); return raw ? { kind: 'found', raw } : { kind: 'gone' }; },
    push: {
      attributes: FIELDS, batch: 5,
      codesFor: (stage, given): StageCodes | undefined => { const status = WRITES[stage]; return status === undefined ? undefined : { status, ...given }; },
      write: async (desk, writes) => writes.map(({ externalId, stage, fields }) => {
        desk.add({ by: 'lockstep', kind: 'update', id: externalId, at: Date.now(), fields: { ...(stage && stage.codes), ...Object.fromEntries(fields.map(({ attribute, value }) => [attribute, value])) } });
        return { kind: 'accepted' };
      }),
      fetchMany: async (desk, ids) => { const rows = desk.rows(); return new Map(ids.map((id) => { const raw = rows.get(id); return [id, raw ? { kind: 'found', raw } : { kind: 'gone' }]; })); },
      create: {
        classes: ['hardware'],
        search: async (desk, wanted) => [...desk.rows().values()].flatMap((row) => (row['lockstep_id'] === wanted.assetId ? [{ externalId: row.id, by: 'reference' as const, match: `lockstep_id ${wanted.assetId}` }] : [])),
        create: async (desk, wanted) => {
          const id = `new-${desk.rows().size + 1}-${wanted.assetId}`;
          desk.add({ by: 'lockstep', kind: 'create', id, at: Date.now(), fields: { ...wanted.attributes, ...(wanted.stage && wanted.stage.codes), [wanted.reference]: wanted.assetId } });
          return { kind: 'created', externalId: id };
        },
      },
    },
  })],
  connect: ({ source }) => new Desk(source.folder, source.name),
  async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
});

function mapRow(raw: DeskRow): Mapping {
  const stage = CODES[raw.status];
  return { ok: true, record: { kind: 'asset', externalId: raw.id, assetClass: 'computer', modifiedAt: raw.changed, identifiers: [], claims: Object.fromEntries(FIELDS.filter((field) => raw[field] != null).map((field) => [field, raw[field] as AttributeValue])), stage: { raw: { status: raw.status }, ...(stage && { stage }) } } };
}
