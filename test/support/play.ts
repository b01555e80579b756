import { IDENTIFIER_KINDS, LIFECYCLE_STAGES, type IdentifierKind, type LifecycleStage } from '../../connectors/sdk/contract/index.js';
import { LabClock, openLab, type Lab, type LabRecord } from './lab.js';
import { playback, type History, type RawRow, type Schedule } from './worlds/history.js';
import type { TimedHistory, TimedSchedule } from './worlds/timed.js';

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

/** No guard holds anything back. */
export const UNGUARDED = 'safety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }';

const openFor = ({ sources }: History, yaml: string, more: { readonly safety?: string; readonly clock?: LabClock } = {}): Promise<Lab> =>
  openLab({ sources: Object.fromEntries(sources.map(({ name, role }) => [name, `role: ${role}\n${more.safety ?? UNGUARDED}`])), yaml, missingIsTold: true, ...(more.clock && { clock: more.clock }) });

async function read(lab: Lab, source: string, rows: readonly RawRow[], batchSize: number): Promise<void> {
  lab.world.pageSize = batchSize;
  lab.world.records.set(source, rows.map(labRecord));
  const report = await lab.sync([source]);
  const failed = report.runs.find((run) => run.status !== 'succeeded');
  if (failed) throw new Error(`run of ${failed.source} ended ${failed.status}: ${JSON.stringify(failed.error ?? failed.uncoveredScopes)}`);
}

/** The whole pipeline over a history, in the schedule's interleaving, duplication and page size. */
export async function play(history: History, schedule: Schedule, yaml = 'identity: { sharedLimit: 3 }'): Promise<Lab> {
  const lab = await openFor(history, yaml);
  for (const step of playback(history, schedule)) {
    lab.clock.advance(60_000);
    await read(lab, step.source, step.rows, step.batchSize);
  }
  return lab;
}

export interface TimedOptions {
  readonly yaml?: string;
  readonly safety?: string;
  /** Comes behind each reading. */
  readonly after?: (lab: Lab) => Promise<void>;
  /** `false`: no source tells when a record was changed. */
  readonly keepTimes?: boolean;
}

const withoutTime = ({ modified_at: _, ...row }: RawRow): RawRow => row as RawRow;

/** Like `play`, with the clock at the history's own times. */
export async function playTimed(timed: TimedHistory, schedule: TimedSchedule, { yaml = 'identity: { sharedLimit: 3 }', safety = UNGUARDED, after, keepTimes = true }: TimedOptions = {}): Promise<Lab> {
  const readings = timed.readings(schedule);
  const lab = await openFor(timed.history, yaml, { safety, clock: new LabClock((readings[0]?.at ?? 0) - 1_000) });
  for (const { source, slot, at } of readings) {
    lab.clock.advance(at - lab.clock.now());
    const rows = timed.rowsAt(source, slot);
    await read(lab, source, keepTimes ? rows : rows.map(withoutTime), schedule.batchSize);
    await after?.(lab);
  }
  return lab;
}
