import type { NameOf, Names, ServiceNowClient } from '../session.js';
import { chunks, readAll } from '../table.js';
import { isSysId, type Row } from '../types.js';

/** A name that was found is believed so long; one that was not is asked for again each time, for somebody may just be adding it. */
const KEPT_MS = 10 * 60_000;
const keyOf = ({ table, by, value }: NameOf): string => `${table} ${by} ${value}`;
/** An address of a person has no case; names are taken as they are written. */
const same = (by: NameOf['by'], row: unknown, wanted: string): boolean =>
  typeof row === 'string' && (by === 'name' ? row.trim() === wanted : row.trim().toLowerCase() === wanted.toLowerCase());

const LABEL: Readonly<Record<string, string>> = { cmdb_model: 'model', core_company: 'company', cmn_location: 'location', cmn_department: 'department', sys_user: 'user' };

/** References are written by sys_id. A name that fits no row, or several, names none: guessing would move an asset to another owner. */
export class NameTables implements Names {
  private readonly known = new Map<string, { readonly id: string; readonly at: number }>();

  async find(client: ServiceNowClient, wanted: readonly NameOf[], stream: string): Promise<(name: NameOf) => { readonly id: string } | { readonly trouble: string }> {
    const now = client.clock.now();
    const troubles = new Map<string, string>();
    const open = new Map(wanted.map((name) => [keyOf(name), name]));
    for (const key of [...open.keys()]) {
      const kept = this.known.get(key);
      if (kept !== undefined && now - kept.at <= KEPT_MS) open.delete(key);
    }
    const groups = new Map<string, NameOf[]>();
    for (const name of open.values()) groups.set(`${name.table} ${name.by}`, [...groups.get(`${name.table} ${name.by}`) ?? [], name]);
    for (const names of groups.values()) {
      const { table, by } = names[0]!;
      const rows = await this.rows(client, table, by, names.map((name) => name.value), stream);
      for (const name of names) {
        const fits = rows.filter((row) => same(by, row[by], name.value));
        // of two accounts with one address the one that still works is meant
        const active = fits.length > 1 && table === 'sys_user' ? fits.filter((row) => row['active'] === 'true') : fits;
        const [only] = active;
        if (active.length === 1 && isSysId(only!['sys_id'])) this.known.set(keyOf(name), { id: only!['sys_id'], at: now });
        else troubles.set(keyOf(name), `${fits.length === 0 ? 'no' : String(fits.length)} ${LABEL[table] ?? table} of the instance (${table}) has the ${by === 'user_name' ? 'user name' : by} ${name.value}`);
      }
    }
    return (name) => {
      const trouble = troubles.get(keyOf(name));
      const kept = this.known.get(keyOf(name));
      return trouble === undefined && kept !== undefined ? { id: kept.id } : { trouble: trouble ?? `${name.value} was not looked for` };
    };
  }

  private async rows(client: ServiceNowClient, table: string, by: NameOf['by'], values: readonly string[], stream: string): Promise<Row[]> {
    const fields = ['sys_id', by, ...(table === 'sys_user' ? ['active'] : [])];
    const rows: Row[] = [];
    const ask = async (filter: string): Promise<void> => { rows.push(...await readAll(client, { table, fields, stream, filter })); };
    // `^` ends a condition and cannot be asked for; a comma ends an entry of a list
    const askable = [...new Set(values)].filter((value) => value !== '' && !value.includes('^'));
    for (const chunk of chunks(askable.filter((value) => !value.includes(',')), 30)) await ask(`${by}IN${chunk.join(',')}`);
    for (const value of askable.filter((entry) => entry.includes(','))) await ask(`${by}=${value}`);
    return rows;
  }
}
