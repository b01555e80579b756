import { defineStream, type FetchedOne, type Page, type PullFrom, type ReferenceRecord, type Stream } from '../sdk/contract/index.js';
import { mapped, rejected, text } from '../sdk/mapping/index.js';
import { isCount, parseToken } from './changes.js';
import { get, PAGE_SIZE, walk, type ListQuery, type Place } from './list.js';
import type { HaloClient } from './session.js';
import { idOf, isRow, rowId, type Row } from './types.js';

interface ReferenceStream {
  readonly name: string;
  readonly type: ReferenceRecord['referenceType'];
  readonly path: string;
  readonly filter: ListQuery['filter'];
  readonly scope: string;
  readonly columns: readonly string[];
  fields(row: Row): ReferenceRecord['fields'];
}

interface Token { readonly v: 1; readonly place: Place }

/** Lists whose rows are no assets but what assets refer to: short enough to be read whole each time. */
export function defineReferenceStream(spec: ReferenceStream): Stream<HaloClient, Row> & { readonly query: ListQuery } {
  const query: ListQuery = { path: spec.path, name: spec.name, filter: spec.filter, stream: spec.name };
  const kept = (row: Row): Row => Object.fromEntries(['id', 'name', ...spec.columns].flatMap((name) => (Object.hasOwn(row, name) ? [[name, row[name]] as const] : [])));
  return {
    query,
    ...defineStream<HaloClient, Row>({
      name: spec.name,
      permissions: [spec.scope],
      deletes: 'by_full_scan',
      incremental: 'none',
      async *pull(client: HaloClient, from: PullFrom): AsyncGenerator<Page<Row>> {
        const asked = Math.max(1, Math.min(from.pageSize ?? PAGE_SIZE, PAGE_SIZE));
        const resumed = from.resume === undefined ? undefined : parseToken<Token>(from.resume, (token) => isRow(token['place']) && ['page', 'top', 'size', 'asked', 'total', 'read'].every((name) => isCount((token['place'] as Row)[name])));
        for await (const { rows, place } of walk(client, query, asked, resumed?.place)) {
          const over = place.page === 0;
          const hidden = Math.max(0, place.total - place.read);
          yield {
            scope: '', records: rows.map(kept), expected: place.total, next: over ? null : JSON.stringify({ v: 1, place }),
            ...(over && { ends: [{ scope: '', coverage: 'complete' as const, hidden, ...(hidden > 0 && { warning: `the instance counts ${hidden} more than it gives` }) }] }),
          };
        }
      },
      map(raw) {
        const id = rowId(raw);
        if (id === undefined) return rejected('no id');
        const name = text(raw['name']);
        if (name === undefined) return rejected('no name', String(id));
        return mapped({ kind: 'reference', externalId: String(id), referenceType: spec.type, name, fields: spec.fields(raw) });
      },
      async fetchOne(client, externalId): Promise<FetchedOne<Row>> {
        const id = idOf(externalId);
        if (id === undefined) return { kind: 'unknown', reason: 'not an id of Halo' };
        const response = await get(client, `${spec.path}/${id}`, {}, spec.name, [404]);
        const row: unknown = response.status === 404 ? undefined : response.json();
        return isRow(row) ? { kind: 'found', raw: kept(row) } : { kind: 'unknown', reason: 'Halo answers 404 both for what is deleted and for what this agent may not see' };
      },
    }),
  };
}
