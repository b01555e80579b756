import { InterruptedError, SourceError, type RecordWrite } from '../../sdk/contract/index.js';
import { get } from '../list.js';
import type { HaloClient } from '../session.js';
import { nameOf, rowId, rowsOf, type AssetRaw } from '../types.js';
import { standing, wanted, type Wish } from './columns.js';
import { planOf } from './write.js';

/**
 * Why an accepted write may have changed nothing. Halo answers 201 to what it does not keep: properties that it does not
 * know, fields that the agent may not edit, and whatever a rule of the customer puts back.
 */
export async function likelyCause(client: HaloClient, write: RecordWrite<AssetRaw>, after: AssetRaw): Promise<string | undefined> {
  try {
    const plan = await planOf(client, write);
    if ('refusal' in plan) return plan.refusal.message;
    const differing = plan.wishes.filter((wish) => standing(after, wish) !== wanted(wish));
    if (differing.length === 0) return undefined;
    const causes: string[] = [];
    const putBack: string[] = [];
    for (const wish of differing) {
      const cause = await causeOf(client, plan.id, wish, after);
      if (cause === undefined) putBack.push(wish.label);
      else causes.push(cause);
    }
    const [, more] = putBack;
    if (putBack.length > 0) causes.push(`a rule, runbook or template of the instance put ${putBack.join(' and ')} back, or ${more === undefined ? 'it is' : 'they are'} read-only for the role of the application's agent`);
    return [...new Set(causes)].join('; ');
  } catch (error) {
    if (!(error instanceof SourceError) || error instanceof InterruptedError) throw error;
    client.log.debug('why a write changed nothing cannot be found out', { stream: 'assets', because: error.message });
    return undefined;
  }
}

/** Undefined: nothing speaks for anything but that somebody or something does not want it. */
async function causeOf(client: HaloClient, id: number, wish: Wish, after: AssetRaw): Promise<string | undefined> {
  const type = nameOf(after.type) ?? 'its type';
  if (wish.at === 'field' && !rowsOf(after['fields']).some((row) => String(rowId(row)) === wish.key)) return `${wish.label} is no field of ${type} any more: Halo leaves it out without a word`;
  if (wish.at === 'custom' && !rowsOf(after['customfields']).some((row) => String(rowId(row)) === wish.key)) return `${wish.label} is no custom field that this agent sees: Halo leaves it out without a word`;
  if (wish.key === 'status_id') {
    const row: unknown = (await get(client, `/api/Asset/${id}`, { includeallowedstatus: 'true' }, 'assets')).json();
    const allowed = rowsOf((row as { allowed_status?: unknown } | null)?.allowed_status);
    if (allowed.length > 0 && !allowed.some((one) => rowId(one) === Number(wish.value))) {
      return `the status may not follow the one that asset ${id} has; it may become ${allowed.slice(0, 12).map((one) => nameOf(one) ?? String(rowId(one))).join(', ')}`;
    }
  }
  return undefined;
}
