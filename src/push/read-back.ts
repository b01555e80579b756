import type { StageCodes } from '../../connectors/sdk/contract/index.js';
import type { JudgedRecord } from '../sync/read-record.js';

/** What a judged record shows of a field, as agreements keep it; undefined: it cannot be read. */
export function shownIn(judged: JudgedRecord, field: string): unknown {
  if (judged.kind !== 'record' || judged.record.kind !== 'asset') return undefined;
  const { record } = judged;
  return field === 'stage' ? (record.stage?.raw ?? null) : (record.shown?.[field] ?? record.claims[field] ?? null);
}

export const stageIn = (judged: JudgedRecord): { readonly codes: StageCodes; readonly stage?: string } | undefined => (judged.kind === 'record' && judged.record.kind === 'asset' && judged.record.stage ? { codes: judged.record.stage.raw, ...(judged.record.stage.stage && { stage: judged.record.stage.stage }) } : undefined);
