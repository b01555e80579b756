import { LIFECYCLE_STAGES, type Hold, type LifecycleStage } from '../sdk/contract/index.js';
import { stageTable, type StageRow, type StageTable } from '../sdk/mapping/index.js';

/** What a status can mean: a stage, or one of the ways to be out of reach. */
export const STATUS_MEANINGS = [...LIFECYCLE_STAGES, 'lost', 'stolen'] as const;
export type StatusMeaning = (typeof STATUS_MEANINGS)[number];
type Names = Readonly<Partial<Record<StatusMeaning, readonly string[]>>>;

/**
 * Names of asset statuses (lookup 61). Only "Active" is common to instances, all others are what customers mostly call
 * them: `options.statuses` names this instance's. The first of each is written.
 */
export const DEFAULT_STATUSES: Readonly<Record<StatusMeaning, readonly string[]>> = {
  requested: ['On Order', 'Requested'],
  acquired: ['In Stock', 'Received'],
  deployed: ['Deployed', 'Ready'],
  in_use: ['Active', 'In Use'],
  maintenance: ['In Repair', 'In Maintenance', 'Faulty'],
  retired: ['Retired', 'Decommissioned'],
  disposed: ['Disposed', 'Scrapped', 'Sold'],
  // nobody knows where it is: that is no disposal
  lost: ['Lost', 'Missing'],
  stolen: ['Stolen'],
};

const tables = new WeakMap<object, StageTable>();
const NO_OPTIONS = {};

/** The table of an instance, by its own names. */
export function stagesOf(options: Readonly<Record<string, unknown>>): StageTable {
  const given = options['statuses'] as Names | undefined;
  const key: object = given ?? NO_OPTIONS;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const table = stageTable(rowsOf(given ?? {}), { ignoreCase: true });
  tables.set(key, table);
  return table;
}

/**
 * The status decides, with one exception: `inactive` is a flag of its own beside it, and an asset that is inactive while its
 * status still says an earlier stage has been retired by someone who ticked only the flag.
 */
function rowsOf(given: Names): StageRow[] {
  const taken = new Set(Object.values(given).flat().map(folded));
  return STATUS_MEANINGS.flatMap((meaning): StageRow[] => {
    const names = given[meaning] ?? DEFAULT_STATUSES[meaning].filter((name) => !taken.has(folded(name)));
    const isHold = meaning === 'lost' || meaning === 'stolen';
    const stage: LifecycleStage = isHold ? 'retired' : meaning;
    const extra: { readonly holds: readonly Hold[] } | undefined = isHold ? { holds: [meaning] } : undefined;
    const over = stage === 'retired' || stage === 'disposed';
    return names.flatMap((name, nth): StageRow[] => {
      const written = nth === 0 && !isHold;
      const any = { status: name.trim(), inactive: '*' };
      const rows: StageRow[] = [extra === undefined ? [any, stage, 'read'] : [any, stage, 'read', extra]];
      if (written) rows.push([{ status: name.trim(), inactive: String(over) }, stage, 'both']);
      if (!over) rows.push([{ status: name.trim(), inactive: 'true' }, 'retired', 'read']);
      return rows;
    });
  });
}

const folded = (name: string): string => name.trim().toLowerCase();
