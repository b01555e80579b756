import { PermissionError, RejectedError } from '../../sdk/contract/index.js';
import { boolean, text } from '../../sdk/mapping/index.js';
import { peopleQuery } from '../catalogue.js';
import { arrayIn, get, readAll, WITH_INACTIVE, type ListQuery } from '../list.js';
import type { HaloClient, ListName, Lists, Refusal } from '../session.js';
import { idOf, nameOf, rowId, rowsOf, type Row } from '../types.js';

export const refused = (message: string, hint: string): Refusal => ({ refusal: new RejectedError(message, undefined, { hint }) });

const QUERIES: Readonly<Record<ListName, (stream: string) => ListQuery>> = {
  sites: (stream) => ({ path: '/api/Site', name: 'sites', filter: WITH_INACTIVE, stream }),
  suppliers: (stream) => ({ path: '/api/Supplier', name: 'suppliers', filter: WITH_INACTIVE, stream }),
  users: peopleQuery,
};
const RIGHTS: Readonly<Record<ListName, string>> = { sites: 'read:customers', suppliers: 'read:suppliers', users: 'read:customers' };
/** A list is believed so long; a name that it does not have is looked for again sooner, for somebody may just be adding it. */
const KEPT_MS = 10 * 60_000;
const FRESH_MS = 60_000;

interface Kept { readonly at: number; readonly rows: readonly Row[] }

/** Lists that assets refer to, read whole: no other way to ask for an exact name is documented. */
export class ReferenceLists implements Lists {
  private readonly kept = new Map<string, Kept>();

  async find(client: HaloClient, list: ListName, fits: (row: Row) => boolean, stream: string): Promise<readonly Row[] | Refusal> {
    try {
      return await this.among(client, list, async () => await readAll(client, QUERIES[list](stream)), fits);
    } catch (error) {
      if (!(error instanceof PermissionError)) throw error;
      return refused(`${list} of the instance may not be read, and are written by their id: ${error.vendorWords ?? error.message}`, `Tick ${RIGHTS[list]} on the Permissions tab of the API application, and let its agent's role see ${list}.`);
    }
  }

  async codes(client: HaloClient, lookup: number, wanted: string, stream: string): Promise<readonly Row[] | Refusal> {
    const read = async (): Promise<readonly Row[]> => rowsOf(arrayIn((await get(client, '/api/Lookup', { lookupid: lookup }, stream)).json(), 'lookups'));
    try {
      return await this.among(client, `lookup ${lookup}`, read, (row) => same(nameOf(row), wanted));
    } catch (error) {
      if (!(error instanceof PermissionError)) throw error;
      return refused(`lookup ${lookup} may not be read, and its values are written by their code: ${error.vendorWords ?? error.message}`, "Let the role of the application's agent read lookups.");
    }
  }

  /** Where none fits in a list that is a while old it is read once more. */
  private async among(client: HaloClient, name: string, read: () => Promise<readonly Row[]>, fits: (row: Row) => boolean): Promise<readonly Row[]> {
    const now = client.clock.now();
    const kept = this.kept.get(name);
    const age = kept === undefined ? Infinity : now - kept.at;
    if (kept !== undefined && age <= KEPT_MS) {
      const found = kept.rows.filter(fits);
      if (found.length > 0 || age <= FRESH_MS) return found;
    }
    const rows = await read();
    this.kept.set(name, { at: now, rows });
    return rows.filter(fits);
  }
}

export const same = (a: string | undefined, b: string): boolean => a !== undefined && a.trim().toLowerCase() === b.trim().toLowerCase();
const EXACT_HINT = 'References are written by their exact name. Add the row, make its name unique, or map the value to the name that Halo uses.';

/** The one row that fits, or why none is meant: guessing would move an asset to another owner. */
export function only(rows: readonly Row[], what: string, value: string): { readonly id: number; readonly row: Row } | Refusal {
  // of two with one name the one that is still in use is meant
  const active = rows.length > 1 ? rows.filter((row) => boolean(row['inactive']) !== true) : rows;
  const [row] = active;
  const id = rowId(row);
  if (row !== undefined && active.length === 1 && id !== undefined) return { id, row };
  return refused(`${rows.length === 0 ? 'no' : String(rows.length)} ${what} of the instance ${rows.length > 1 ? 'have' : 'has'} the name ${value}`, EXACT_HINT);
}

/** A site stands below a client, and names such as "Main" are every client's: that of the asset's own client is meant. */
export async function siteNamed(client: HaloClient, value: string, ofClient: number | string | undefined, stream: string): Promise<{ readonly id: number; readonly row: Row } | Refusal> {
  const named = await client.lists.find(client, 'sites', (row) => nameOf(row) === value.trim() || String(rowId(row)) === value.trim(), stream);
  if ('refusal' in named) return named;
  const isOwn = (row: Row): boolean => ofClient === undefined || idOf(row['client_id']) === ofClient || (typeof ofClient === 'string' && same(text(row['client_name']), ofClient));
  const own = named.filter(isOwn);
  const [other] = named;
  if (own.length === 0 && other !== undefined) {
    return refused(`the site ${value} belongs to ${text(other['client_name']) ?? 'another client'}, and the asset to another client`, 'Move the asset to the client in Halo, or map the location to the name of a site of its own client.');
  }
  return only(own, own.length > 1 ? 'sites' : 'site', value);
}
