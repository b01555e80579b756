import type { RecordWrite, SourceError, WriteOutcome } from '../../sdk/contract/index.js';
import { text } from '../../sdk/mapping/index.js';
import type { ServiceNowClient } from '../session.js';
import { readByIds } from '../table.js';
import { isName, isSysId, refId, type Row } from '../types.js';
import { refused, wishesOf, type Columns, type Refusal, type Wish } from './columns.js';
import { outcomeOf } from './outcome.js';
import { sendPatches, type Patch } from './send.js';

/** The stream whose records are written. */
export interface Target {
  readonly stream: string;
  /** The table that all of its records are read from. */
  readonly table: string;
  readonly columns: Columns;
}

/** Each write as a patch, or why it cannot be one. Names of all of them are looked up together. */
export async function patchesOf(client: ServiceNowClient, target: Target, writes: readonly RecordWrite<Row>[]): Promise<(Patch | { readonly refusal: SourceError })[]> {
  const wished = writes.map((write) => gather(target, write));
  const names = wished.flatMap((one) => ('refusal' in one ? [] : one.flatMap((wish) => ('name' in wish ? [wish.name] : []))));
  const find = await client.names.find(client, names, target.stream);
  return wished.map((one, at) => {
    if ('refusal' in one) return one;
    const columns: Record<string, string> = {};
    for (const wish of one) {
      const found = 'name' in wish ? find(wish.name) : { id: wish.value };
      if ('trouble' in found) return refused(`${wish.column} cannot be written: ${found.trouble}`, 'References are written by their exact name. Add the row, make its name unique, or map the value to the name that ServiceNow uses.');
      columns[wish.column] = found.id;
    }
    const { externalId, current } = writes[at]!;
    return { stream: target.stream, table: isName(current['sys_class_name']) ? current['sys_class_name'] : target.table, id: externalId, columns };
  });
}

function gather(target: Target, write: RecordWrite<Row>): readonly Wish[] | Refusal {
  if (!isSysId(write.externalId as unknown)) return refused(`${write.externalId.slice(0, 80)} is no sys_id`, 'Link the asset to the right record.');
  const { current } = write;
  const wishes: Wish[] = [];
  for (const one of write.fields) {
    const own = wishesOf(one, target.columns, current);
    if ('refusal' in own) return own;
    wishes.push(...own);
  }
  if (write.stage !== undefined) {
    if (current['stage_from_asset'] === true) return refused('the stage of this CI is its hardware asset\'s to say', 'Push the stage to the stream assets; ServiceNow carries it over to the CI.');
    for (const [column, value] of Object.entries(write.stage.codes)) {
      if (!isName(column as unknown)) return refused(`${column.slice(0, 80)} is no column`, 'Correct the codes of the stage mapping.');
      wishes.push({ column, value });
    }
  }
  const said = new Map<string, string>();
  for (const wish of wishes) {
    const value = 'name' in wish ? wish.name.value : wish.value;
    const before = said.get(wish.column);
    if (before !== undefined && before !== value) return refused(`${wish.column} is to say both ${before} and ${value}`, 'Two attributes are kept in this column: push one of them, or resolve both alike.');
    said.set(wish.column, value);
  }
  return wishes;
}

/**
 * There is no If-Match: what changed since it was read is found by reading once more, right before. Only a column that is
 * about to be overwritten is worth a conflict, for Discovery counts up `sys_mod_count` all day, and each of them is compared
 * whatever that count says: a script that writes with `autoSysFields(false)` leaves it as it was.
 */
export async function write(client: ServiceNowClient, target: Target, writes: readonly RecordWrite<Row>[]): Promise<WriteOutcome[]> {
  const patches = await patchesOf(client, target, writes);
  const outcomes: (WriteOutcome | undefined)[] = patches.map((patch) => ('refusal' in patch ? { kind: 'refused', error: patch.refusal } : undefined));
  const open = (): number[] => [...outcomes.keys()].filter((at) => outcomes[at] === undefined);
  if (open().length === 0) return outcomes as WriteOutcome[];

  const due = open().map((at) => patches[at] as Patch);
  let now: Map<string, Row>;
  try {
    const fields = [...new Set(['sys_id', 'sys_mod_count', ...due.flatMap((patch) => Object.keys(patch.columns))])];
    const rows = await readByIds(client, { table: target.table, stream: target.stream, fields }, 'sys_id', [...new Set(due.map((patch) => patch.id))]);
    now = new Map(rows.map((row) => [String(row['sys_id']), row]));
  } catch (error) {
    // nothing was sent yet: whatever is unclear about a read is no doubt about a write
    const outcome = outcomeOf(error, target.table);
    if (outcome.kind !== 'retry' && outcome.kind !== 'unknown') throw error;
    return outcomes.map((known) => known ?? { kind: 'retry', reason: outcome.reason, ...(outcome.kind === 'retry' && outcome.afterMs !== undefined && { afterMs: outcome.afterMs }) });
  }
  for (const at of open()) {
    const patch = patches[at] as Patch;
    const row = now.get(patch.id);
    const changed = row === undefined ? undefined : changedColumn(writes[at]!.current, row, Object.keys(patch.columns));
    if (row === undefined) outcomes[at] = { kind: 'gone', reason: `${patch.table} ${patch.id} is no longer given: deleted, or hidden from this user` };
    else if (changed !== undefined) outcomes[at] = { kind: 'conflict', reason: `${changed} of ${patch.table} ${patch.id} changed since it was read` };
  }
  const ready = open();
  const sent = await sendPatches(client, ready.map((at) => patches[at] as Patch));
  for (const [nth, at] of ready.entries()) outcomes[at] = sent[nth]!;
  return outcomes as WriteOutcome[];
}

/** The first of the columns that is not as it was read; a column that cannot be compared counts when the record was counted up. */
function changedColumn(before: Row, after: Row, columns: readonly string[]): string | undefined {
  const isCounted = text(before['sys_mod_count']) !== text(after['sys_mod_count']);
  return columns.find((column) => {
    const [was, is] = [plain(before, column), plain(after, column)];
    return was === undefined || is === undefined ? isCounted : was !== is;
  });
}
/** A reference by its id, resolved or not; `undefined`: not there, or nothing that compares. */
function plain(row: Row, column: string): string | undefined {
  const value = row[column];
  if (typeof value === 'object' && value !== null) return refId(value);
  return Object.hasOwn(row, column) ? text(value) ?? '' : undefined;
}
