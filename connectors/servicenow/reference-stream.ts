import type { Mapping, ReferenceRecord, Stream } from '../sdk/contract/index.js';
import { instant, integer, mapped, rejected, text } from '../sdk/mapping/index.js';
import type { ServiceNowClient } from './session.js';
import { defineTableStream, type TableStream } from './pass.js';
import { isSysId, type Row } from './types.js';

interface ReferenceStream {
  readonly name: string;
  readonly table: string;
  readonly type: ReferenceRecord['referenceType'];
  readonly columns: readonly string[];
  /** Columns that may name it, the first that is filled. */
  readonly named: readonly string[];
  readonly roles: string;
  readonly hasClasses?: boolean;
  fields(row: Row): ReferenceRecord['fields'];
  enrich?: TableStream<Row>['enrich'];
}

/** Tables whose rows are no assets but what assets refer to. */
export function defineReferenceStream(spec: ReferenceStream): Stream<ServiceNowClient, Row> & { readonly spec: TableStream<Row> } {
  return defineTableStream<Row>({
    name: spec.name, table: spec.table, fields: ['sys_id', ...spec.columns, 'sys_updated_on', 'sys_mod_count'], joins: [], roles: spec.roles,
    hasClasses: spec.hasClasses === true, audited: true, incremental: 'full',
    enrich: spec.enrich ?? (async (_client, rows) => rows),
    map(raw): Mapping {
      const id = raw['sys_id'];
      if (!isSysId(id)) return rejected('no sys_id');
      const name = spec.named.map((column) => text(raw[column])).find((value) => value !== undefined);
      if (name === undefined) return rejected('no name', id);
      const modifiedAt = instant(raw['sys_updated_on']);
      const version = integer(raw['sys_mod_count']);
      return mapped({
        kind: 'reference', externalId: id, referenceType: spec.type, name, fields: spec.fields(raw),
        ...(modifiedAt !== undefined && { modifiedAt }), ...(version !== undefined && { version }),
      });
    },
  });
}
