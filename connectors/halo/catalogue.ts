import { NotFoundError, PermissionError, ProtocolError } from '../sdk/contract/index.js';
import { email, field, text } from '../sdk/mapping/index.js';
import { arrayIn, get, readAll, WITH_INACTIVE, type ListQuery } from './list.js';
import type { AssetType, Catalogue, HaloClient, Person } from './session.js';
import { isRow, nameOf, rowId, rowsOf, type Row } from './types.js';

/** What administrators set up changes seldom; a run that starts later reads it again. */
const KEPT_MS = 60 * 60_000;
/** From this many unknown people on the whole list costs fewer calls. */
const WHOLE_FROM = 6;
/** Statuses of assets. `GET /Status` lists those of tickets, with ids of their own. */
const ASSET_STATUSES = 61;

export const peopleQuery = (stream: string): ListQuery => ({ path: '/api/Users', name: 'users', filter: WITH_INACTIVE, stream });

interface Kept<T> { readonly at: number; readonly value: T }

export class InstanceCatalogue implements Catalogue {
  private keptTypes: Kept<ReadonlyMap<number, AssetType>> | undefined;
  private keptStatuses: Kept<ReadonlyMap<number, string> | undefined> | undefined;
  private keptPeople: Kept<Map<number, Person>> | undefined;
  private arePeopleHidden = false;
  private readonly details = new Map<number, Kept<Row>>();

  async types(client: HaloClient, stream: string): Promise<ReadonlyMap<number, AssetType>> {
    if (!isFresh(client, this.keptTypes)) this.keptTypes = { at: client.clock.now(), value: await this.readTypes(client, stream) };
    return this.keptTypes.value;
  }

  private async readTypes(client: HaloClient, stream: string): Promise<ReadonlyMap<number, AssetType>> {
    const rows = arrayIn((await get(client, '/api/AssetType', {}, stream)).json(), 'assettypes');
    if (rows === undefined) throw new ProtocolError(`${client.source.name} ${stream}: the answer of /api/AssetType is no list`);
    const types = new Map<number, AssetType>();
    for (const row of rowsOf(rows)) {
      const id = rowId(row);
      if (id === undefined) continue;
      // lists of older versions leave the names of the key fields to the details
      const known = 'keyfield_name' in row ? row : await this.typeDetails(client, id, stream);
      types.set(id, { id, name: nameOf(row) ?? String(id), keys: ['keyfield_name', 'keyfield2_name', 'keyfield3_name'].map((name) => text(known[name])) });
    }
    return types;
  }

  async typeDetails(client: HaloClient, id: number, stream: string): Promise<Row> {
    const kept = this.details.get(id);
    if (isFresh(client, kept)) return kept.value;
    const row: unknown = (await get(client, `/api/AssetType/${id}`, { includedetails: 'true' }, stream)).json();
    if (!isRow(row)) throw new ProtocolError(`${client.source.name} ${stream}: the answer for asset type ${id} is none`);
    this.details.set(id, { at: client.clock.now(), value: row });
    return row;
  }

  async statuses(client: HaloClient, stream: string): Promise<ReadonlyMap<number, string> | undefined> {
    if (!isFresh(client, this.keptStatuses)) this.keptStatuses = { at: client.clock.now(), value: await this.readStatuses(client, stream) };
    return this.keptStatuses.value;
  }

  private async readStatuses(client: HaloClient, stream: string): Promise<ReadonlyMap<number, string> | undefined> {
    try {
      const rows = rowsOf(arrayIn((await get(client, '/api/Lookup', { lookupid: ASSET_STATUSES }, stream)).json(), 'lookups'));
      return new Map(rows.flatMap((row) => { const [id, name] = [rowId(row), nameOf(row)]; return id === undefined || name === undefined ? [] : [[id, name] as const]; }));
    } catch (error) {
      if (!(error instanceof PermissionError) && !(error instanceof NotFoundError)) throw error;
      client.log.warn('lookup 61 may not be read: statuses are taken by the name that the assets give', { stream });
      return undefined;
    }
  }

  async people(client: HaloClient, ids: ReadonlySet<number>, stream: string): Promise<ReadonlyMap<number, Person>> {
    if (!isFresh(client, this.keptPeople)) {
      this.keptPeople = { at: client.clock.now(), value: new Map() };
      this.arePeopleHidden = false;
    }
    const people = this.keptPeople.value;
    const missing = [...ids].filter((id) => !people.has(id));
    if (missing.length === 0 || this.arePeopleHidden) return people;
    try {
      const rows = missing.length >= WHOLE_FROM ? await readAll(client, peopleQuery(stream)) : await this.each(client, missing, stream);
      for (const row of rows) {
        const id = rowId(row);
        if (id !== undefined) people.set(id, personOf(id, row));
      }
    } catch (error) {
      if (!(error instanceof PermissionError)) throw error;
      this.arePeopleHidden = true;
      client.log.warn('people may not be read: owners are named as the assets name them', { stream });
    }
    // who cannot be read is asked for once, not once a page
    for (const id of missing) if (!people.has(id)) people.set(id, { id });
    return people;
  }

  private async each(client: HaloClient, ids: readonly number[], stream: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (const id of ids) {
      const response = await get(client, `/api/Users/${id}`, {}, stream, [404]);
      const row: unknown = response.status === 404 ? undefined : response.json();
      if (isRow(row)) rows.push(row);
    }
    return rows;
  }
}

const isFresh = <T>(client: HaloClient, kept: Kept<T> | undefined): kept is Kept<T> => kept !== undefined && client.clock.now() - kept.at < KEPT_MS;

function personOf(id: number, row: Row): Person {
  const [name, address, login] = [nameOf(row), email(field(row, 'emailaddress')), text(field(row, 'login'))];
  return { id, ...(name !== undefined && { name }), ...(address !== undefined && { email: address }), ...(login !== undefined && { login }) };
}
