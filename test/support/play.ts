import { IDENTIFIER_KINDS, LIFECYCLE_STAGES, type IdentifierKind, type LifecycleStage } from '../../connectors/sdk/contract/index.js';
import { openLab, type Lab, type LabRecord } from './lab.js';
import { playback, type History, type RawRow, type Schedule } from './worlds/history.js';

/** A row of a file as the laboratory's connector maps it: columns are attributes and identifier kinds. */
export function labRecord(row: RawRow): LabRecord {
  const { id, class: assetClass, stage, modified_at, ...columns } = row;
  const identifiers: { kind: IdentifierKind; value: string }[] = [];
  const claims: Record<string, any> = {};
  for (const [column, value] of Object.entries(columns)) {
    if (column !== 'fqdn' && column !== 'hostname' && column !== 'asset_tag' && column !== 'cloud_resource_id' && (IDENTIFIER_KINDS as readonly string[]).includes(column)) {
      for (const each of typeof value === 'string' ? [value] : (value ?? [])) identifiers.push({ kind: column as IdentifierKind, value: each });
    } else claims[column] = value;
  }
  return {
    externalId: id, identifiers, claims, ...(typeof assetClass === 'string' && { assetClass }), ...(typeof modified_at === 'string' && { modifiedAt: Date.parse(modified_at) }),
    ...(typeof stage === 'string' && { stage: { raw: { stage }, ...((LIFECYCLE_STAGES as readonly string[]).includes(stage) && { stage: stage as LifecycleStage }) } }),
  };
}

/** The whole pipeline over a history, in the schedule's interleaving, duplication and page size. */
export async function play(history: History, schedule: Schedule, yaml = 'identity: { sharedLimit: 3 }'): Promise<Lab> {
  const sources = Object.fromEntries(history.sources.map(({ name, role }) => [name, `role: ${role}\nsafety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }`]));
  const lab = await openLab({ sources, yaml, missingIsTold: true });
  for (const step of playback(history, schedule)) {
    lab.world.pageSize = step.batchSize;
    lab.world.records.set(step.source, step.rows.map(labRecord));
    lab.clock.advance(60_000);
    const report = await lab.sync([step.source]);
    const failed = report.runs.find((run) => run.status !== 'succeeded');
    if (failed) throw new Error(`run of ${failed.source} ended ${failed.status}: ${JSON.stringify(failed.error ?? failed.uncoveredScopes)}`);
  }
  return lab;
}
