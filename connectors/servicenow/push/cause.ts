import { InterruptedError, SourceError, type RecordWrite } from '../../sdk/contract/index.js';
import { text } from '../../sdk/mapping/index.js';
import type { ServiceNowClient } from '../session.js';
import { readAll } from '../table.js';
import { isName, refId, type Row } from '../types.js';
import { patchesOf, type Target } from './write.js';

/**
 * Why an accepted write may have changed nothing. ServiceNow ignores unknown columns, takes any value for a choice and lets
 * rules undo a change, all with 200: what the dictionary and the choice lists say is looked up. Where this user may not
 * read them the answer is what is left.
 */
export async function likelyCause(client: ServiceNowClient, target: Target, write: RecordWrite<Row>, after: Row): Promise<string | undefined> {
  try {
    const [patch] = await patchesOf(client, target, [write]);
    if (patch === undefined || 'refusal' in patch) return undefined;
    const differing = Object.entries(patch.columns).filter(([column, value]) => (refId(typeof after[column] === 'object' ? after[column] : undefined) ?? text(after[column]) ?? '') !== value.trim());
    if (differing.length === 0) return undefined;
    const tables = client.classes.path(patch.table);
    const columns = differing.map(([column]) => column);
    const dictionary = await rowsOf(client, target.stream, 'sys_dictionary', ['name', 'element', 'read_only'], `nameIN${tables.join(',')}^elementIN${['sys_id', ...columns].join(',')}`);
    const choices = await rowsOf(client, target.stream, 'sys_choice', ['name', 'element', 'value', 'label', 'dependent_value'], `nameIN${tables.join(',')}^elementIN${columns.join(',')}^inactive=false`);
    const causes = differing.map(([column, value]) => causeOf(column, value, { tables, dictionary, choices, after, sent: patch.columns }));
    return [...new Set(causes)].join('; ');
  } catch (error) {
    if (!(error instanceof SourceError) || error instanceof InterruptedError) throw error;
    return undefined;
  }
}

interface Evidence {
  readonly tables: readonly string[];
  readonly dictionary: readonly Row[] | undefined;
  readonly choices: readonly Row[] | undefined;
  readonly after: Row;
  readonly sent: Readonly<Record<string, string>>;
}

function causeOf(column: string, value: string, { tables, dictionary, choices, after, sent }: Evidence): string {
  const table = tables[0] ?? '';
  const entries = dictionary?.filter((row) => row['element'] === column) ?? [];
  // an empty dictionary is one that may not be read: a table without sys_id there is none
  if (dictionary?.some((row) => row['element'] === 'sys_id') === true && entries.length === 0) return `${table} has no column ${column}: ServiceNow ignores it without a word`;
  if (entries.some((row) => row['read_only'] === 'true')) return `the column ${column} of ${table} is read-only in the dictionary`;
  if (!Object.hasOwn(after, column)) return `${column} is no column of ${table}, or a field access rule hides it from this user`;
  const depends = sent['install_status'];
  const offered = (choices ?? []).filter((row) => row['element'] === column && (column !== 'substatus' || depends === undefined || ['', depends].includes(text(row['dependent_value']) ?? '')));
  if (value !== '' && offered.length > 0 && !offered.some((row) => row['value'] === value)) {
    const list = offered.slice(0, 12).map((row) => `${String(row['value'])} ${text(row['label']) ?? ''}`.trim()).join(', ');
    return `${value} is no choice of ${column}${column === 'substatus' && depends !== undefined ? ` at state ${depends}` : ''}; the instance offers ${list}`;
  }
  return `a business rule, data policy or workflow of ${table}, or a write access rule on ${column}, put it back`;
}

/** `undefined`: may not be read. */
async function rowsOf(client: ServiceNowClient, stream: string, table: string, fields: readonly string[], filter: string): Promise<Row[] | undefined> {
  try {
    return (await readAll(client, { table, stream, fields: ['sys_id', ...fields], filter })).filter((row) => isName(row['element']));
  } catch (error) {
    if (!(error instanceof SourceError) || error instanceof InterruptedError) throw error;
    client.log.debug('what an instance says of its columns may not be read', { table, stream, because: error.message });
    return undefined;
  }
}
