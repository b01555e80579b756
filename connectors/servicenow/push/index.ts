import type { LifecycleStage, StageCodes, Stream, StreamPush } from '../../sdk/contract/index.js';
import type { StageTable } from '../../sdk/mapping/index.js';
import { fetchRows, type TableStream } from '../pass.js';
import type { ServiceNowClient } from '../session.js';
import type { Row } from '../types.js';
import { likelyCause } from './cause.js';
import type { Columns } from './columns.js';
import { create } from './ire.js';
import { search } from './search.js';
import { write, type Target } from './write.js';

/** Items of one batch: its quota is 30 s in all, and a PATCH with its rules takes a good part of a second. */
export const BATCH = 50;

interface Writing {
  readonly columns: Columns;
  readonly stages: StageTable;
  /** Field that goes with `install_status`, and what it says where the configuration names a status without it. */
  readonly second: { readonly field: string; readonly otherwise?: string };
  /** Classes of ours that become CIs of this stream. */
  readonly creates?: readonly string[];
}

type Read<Raw extends Row> = Stream<ServiceNowClient, Raw> & { readonly spec: TableStream<Raw> };

/** A stream of a table, and how its records are written. */
export function writable<Raw extends Row>(stream: Read<Raw>, writing: Writing): Read<Raw> & { readonly push: StreamPush<ServiceNowClient, Raw> } {
  const { spec } = stream;
  if (typeof spec.table !== 'string') throw new TypeError(`${spec.name}: only a table of one name is written`);
  const target: Target = { stream: spec.name, table: spec.table, columns: writing.columns };
  return {
    ...stream,
    push: {
      attributes: Object.keys(writing.columns),
      batch: BATCH,
      codesFor: (stage, given) => codesFor(writing, stage, given),
      write: (client, writes) => write(client, target, writes),
      fetchMany: (client, externalIds) => fetchRows(client, spec, externalIds),
      likelyCause: (client, one, after) => likelyCause(client, target, one, after),
      ...(writing.creates !== undefined && {
        create: {
          classes: writing.creates,
          search: (client, wanted) => search(client, target, wanted),
          create: (client, wanted) => create(client, target, wanted),
        },
      }),
    },
  };
}

/** The table's codes, or the configuration's: with another status than the table's its second field would be a lie. */
function codesFor({ stages, second }: Writing, stage: LifecycleStage, given: StageCodes): StageCodes | undefined {
  const own = stages.write(stage);
  const status = given['install_status'];
  if (own !== undefined && (status === undefined || status === own['install_status'])) return { ...own, ...given };
  if (status === undefined) return undefined;
  return { ...(second.otherwise !== undefined && { [second.field]: second.otherwise }), ...given };
}
