import type { LifecycleStage, StageCodes } from '../../sdk/contract/index.js';
import { integer, text } from '../../sdk/mapping/index.js';
import type { Refusal } from '../session.js';
import { DEFAULT_STATUSES, stagesOf, type StatusMeaning } from '../stages.js';
import { nameOf, rowId, rowsOf } from '../types.js';
import type { Place, Wish } from './columns.js';
import { refused, same } from './names.js';

const NO_OPTIONS = {};

/** Raw fields under which the configuration's own mapping may name a status, by name or by id. */
const NAMES = ['status.name', 'status_name', 'status'] as const;
const IDS = ['status.id', 'status_id'] as const;
const said = (codes: StageCodes, keys: readonly string[]): string | undefined => keys.map((key) => codes[key]).find((code) => code !== undefined);

/**
 * Name of the status and the flag beside it, always both: this instance's name, the first under `options.statuses`.
 * Another status that the configuration names reads back under `status` too.
 */
export function codesFor(stage: LifecycleStage, given: StageCodes, options: Readonly<Record<string, unknown>> = NO_OPTIONS): StageCodes | undefined {
  const own = stagesOf(options).write(stage);
  if (own === undefined) return undefined;
  const { status, ...flag } = own;
  const name = said(given, NAMES) ?? (said(given, IDS) === undefined ? status : undefined);
  return { ...(name !== undefined && { status: name }), ...flag, ...given };
}

/** The status that stands for a stage in this instance: `options.statuses` puts the one that is written first. */
export function statusFor(stage: LifecycleStage, options: Readonly<Record<string, unknown>>): string {
  const [first] = (options['statuses'] as Partial<Record<StatusMeaning, readonly string[]>> | undefined)?.[stage] ?? [];
  return first?.trim() ?? DEFAULT_STATUSES[stage][0]!;
}

/** Status and flag as columns. What lookup 61 does not have, or the type does not allow, is refused with what there is. */
export async function stageWishes(stage: LifecycleStage, codes: StageCodes, place: Place): Promise<readonly Wish[] | Refusal> {
  const { client, stream, type } = place;
  const stray = Object.keys(codes).find((key) => key !== 'inactive' && ![...NAMES, ...IDS].some((known) => known === key));
  if (stray !== undefined) return refused(`${stray.slice(0, 80)} carries no stage in Halo`, 'Map the stage from status.name.');
  const statuses = await client.catalogue.statuses(client, stream);
  if (statuses === undefined) return refused('asset statuses are written by their id, and lookup 61 may not be read', "Let the role of the application's agent read lookups.");
  const name = said(codes, NAMES);
  const byId = said(codes, IDS);
  const given = byId === undefined ? undefined : integer(byId) ?? 0;
  const exact = [...statuses].filter(([id, known]) => (given === undefined ? known === name : id === given));
  const found = exact.length > 0 ? exact : [...statuses].filter(([, known]) => given === undefined && name !== undefined && same(known, name));
  const [status] = found;
  if (status === undefined || found.length > 1) {
    return refused(`${found.length > 1 ? `${found.length} asset statuses are` : 'no asset status of the instance is'} called ${name ?? String(byId)}; it has ${listed([...statuses.values()])}`, `Name the status for ${stage} under options.statuses.${stage}, the first being the one that is written.`);
  }
  const [id, known] = status;
  const allowed = rowsOf(type['allowed_status']);
  if (type['allowall_status'] !== true && allowed.length > 0 && !allowed.some((row) => rowId(row) === id)) {
    return refused(`assets of the type ${nameOf(type) ?? 'without a name'} may not have the status ${known}; they may have ${listed(allowed.flatMap((row) => nameOf(row) ?? []))}`, `Allow the status for the asset type, or name another for ${stage} under options.statuses.${stage}.`);
  }
  const column = (key: string, value: number | boolean): Wish => ({ at: 'column', key, label: key, value });
  return [column('status_id', id), column('inactive', text(codes['inactive']) === 'true')];
}

const listed = (names: readonly string[]): string => `${names.slice(0, 20).join(', ')}${names.length > 20 ? ' …' : ''}`;
