import { jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { notFound, undescribed } from './answers.js';
import type { Instance } from './instance.js';
import { DEPARTMENT_LOOKUP, STATUSES, TYPES, type Asset, type Row } from './model.js';
import { renderAsset, renderType } from './store.js';

const PAGING = ['pageinate', 'page_size', 'page_no', 'count', 'order', 'orderdesc', 'includeactive', 'includeinactive'];
const LIST = [...PAGING, 'search', 'idonly', 'noicon', 'assettype_id', 'assettypes', 'assetstatuses', 'assets', 'excludethese', 'site_id', 'supplier_id', 'inventory_number', 'includeassetfields',
  'lastupdatefromdate', 'lastupdatetodate'];
const TRUTHS = /^(pageinate|idonly|noicon|include.*|orderdesc|activeinactive)$/;

/** The first parameter that is not described, or a value that is none. */
function wrongParameter(params: URLSearchParams, allowed: readonly string[]): string | undefined {
  for (const [name, value] of params) {
    if (!allowed.includes(name)) return `unknown parameter ${name}`;
    if (params.getAll(name).length > 1) return `${name} is given twice`;
    if (TRUTHS.test(name) && value !== 'true' && value !== 'false') return `${name} is true or false, not ${value}`;
    if (/^(page_size|page_no|count|assettype_id|site_id|supplier_id|lookupid)$/.test(name) && !/^\d+$/.test(value)) return `${name} is a whole number, not ${value}`;
    if (/^(assets|assettypes|assetstatuses|excludethese)$/.test(name) && !/^\d+(,\d+)*$/.test(value)) return `${name} is a list of ids, not ${value}`;
    if (/^lastupdate/.test(name) && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(value)) return `${name} is a date and time in UTC without a zone, not ${value}`;
  }
  if (params.has('count') && params.has('pageinate')) return 'count and pageinate are alternatives';
  if (!params.has('pageinate') && (params.has('page_size') || params.has('page_no'))) return 'page_size and page_no mean nothing without pageinate=true';
  return undefined;
}

/** A result that a fault makes small: nothing, or the tenth whose ids say so, the same tenth on every page. */
function reduced(request: SandboxRequest, rows: readonly Row[]): readonly Row[] {
  if (request.fault?.kind === 'returns_nothing') return [];
  return request.fault?.kind === 'returns_tenth' ? rows.filter(({ id }) => id % 10 === 0) : rows;
}

/** Cuts the page that was asked for out of `rows`, in the envelope `{page_no, page_size, record_count, <name>: […]}`. */
function paged(instance: Instance, request: SandboxRequest, name: string, found: readonly Row[], render: (row: Row) => Row): SandboxAnswer {
  const { params } = request;
  const { switches } = instance;
  const number = (key: string, absent: number): number => Math.max(1, Number(params.get(key) ?? absent));
  const rows = [...reduced(request, found)];
  if (params.has('order') && params.get('order') !== 'id') return undescribed(`order=${params.get('order') ?? ''}: this stand-in orders by id`);
  // without an order nothing is promised: another one at each request
  if (!params.has('order')) rows.sort((a, b) => shuffled(a.id, instance.turn()) - shuffled(b.id, instance.turn()));
  if (params.get('orderdesc') === 'true') rows.reverse();
  const paging = params.get('pageinate') === 'true';
  const asked = paging ? number('page_size', 50) : number('count', Math.max(1, rows.length));
  const size = Math.min(asked, paging ? switches.maxPageSize : asked, instance.pageLimit() ?? asked);
  const page = paging ? number('page_no', 1) : 1;
  const start = (page - 1) * size;
  let total = rows.length;
  let given = rows.slice(start, start + size).map(render);
  const previous = rows[start - 1];
  switch (request.fault?.kind) {
    case 'duplicate_across_pages': if (previous !== undefined && given.length > 0) given = [render(previous), ...given]; break;
    case 'empty_page': given = []; break;
    case 'total_too_high': total = total * 2 + 7; break;
    case 'total_too_low': total = Math.floor(total / 2); break;
    case 'bad_record': if (given[0] !== undefined) given = [spoilt(given[0]), ...given.slice(1)]; break;
    default: break;
  }
  const said = switches.pageSizeSaid === 'none' ? {} : { page_size: switches.pageSizeSaid === 'asked' ? asked : size };
  return jsonAnswer(200, { ...(paging && { page_no: page, ...said }), record_count: total, [name]: given });
}

const shuffled = (id: number, turn: number): number => Math.imul(id + turn * 7_919, 0x9e3779b1) >>> 0;
const spoilt = (row: Row): Row => ({ ...Object.fromEntries(Object.keys(row).map((name) => [name, { unexpected: [1] }])), id: row.id });

/** `GET /Asset`. */
export function listAssets(instance: Instance, request: SandboxRequest): SandboxAnswer {
  const { params } = request;
  const wrong = wrongParameter(params, LIST);
  if (wrong !== undefined) return undescribed(wrong);
  const { store, switches } = instance;
  const is = (name: string): boolean => params.get(name) === 'true';
  const among = (name: string): ((value: unknown) => boolean) => {
    const ids = params.get(name)?.split(',').map(Number);
    return (value) => ids === undefined || ids.includes(Number(value));
  };
  const [types, type, statuses, assets, site, supplier] = [among('assettypes'), among('assettype_id'), among('assetstatuses'), among('assets'), among('site_id'), among('supplier_id')];
  const without = params.has('excludethese') ? among('excludethese') : () => false;
  const text = params.get('search')?.toLowerCase();
  const tag = params.get('inventory_number');
  const time = (name: string): number | undefined => (switches.updatedFilter === 'obeyed' && params.has(name) ? Date.parse(`${params.get(name) ?? ''}Z`) : undefined);
  const [from, to] = [time('lastupdatefromdate'), time('lastupdatetodate')];
  const found = store.all().filter((asset) => {
    const { columns } = asset;
    return asset.listedFrom <= request.now && (columns['inactive'] === true ? is('includeinactive') : !params.has('includeactive') || is('includeactive'))
      && types(columns['assettype_id']) && type(columns['assettype_id']) && statuses(columns['status_id']) && assets(asset.id) && !without(asset.id) && site(columns['site_id']) && supplier(columns['supplier_id'])
      && (tag === null || columns['inventory_number'] === tag) && (text === undefined || saysSomewhere(asset, text))
      && (from === undefined || asset.modifiedAt >= from) && (to === undefined || asset.modifiedAt <= to);
  });
  const withFields = is('includeassetfields') && params.has('assettype_id');
  if (is('includeassetfields') && !withFields) (request.log.notes ??= []).push('includeassetfields does nothing without assettype_id');
  const render = (row: Row): Row => (is('idonly') ? { id: row.id } : renderAsset(store, row as unknown as Asset, { fields: withFields, icon: !is('noicon'), details: false, allowed: false }));
  return paged(instance, request, 'assets', found as unknown as readonly Row[], render);
}

/** Whether `search` covers custom fields is not known: here it does not. */
const saysSomewhere = (asset: Asset, text: string): boolean => [asset.columns['inventory_number'], ...Object.values(asset.fields)].some((value) => String(value).toLowerCase().includes(text));

/** `GET /Asset/{id}`: without `includedetails` as in a list, with its fields. */
export function readAsset(instance: Instance, request: SandboxRequest, id: number): SandboxAnswer {
  const wrong = wrongParameter(request.params, ['includedetails', 'includeallowedstatus', 'includehierarchy', 'includeactivity', 'includediagramdetails']);
  if (wrong !== undefined) return undescribed(wrong);
  const asset = instance.store.assets.get(id);
  if (asset === undefined) return notFound();
  const row = renderAsset(instance.store, asset, {
    fields: true, icon: true, details: request.params.get('includedetails') === 'true', allowed: request.params.get('includeallowedstatus') === 'true',
  });
  const mayFollow = (status: { readonly id: number }): boolean => !instance.switches.forbiddenMoves.some(([from, to]) => from === asset.columns['status_id'] && to === status.id);
  return jsonAnswer(200, { ...row, ...('allowed_status' in row && { allowed_status: (row['allowed_status'] as { id: number }[]).filter(mayFollow) }) });
}

export function listTypes(request: SandboxRequest): SandboxAnswer {
  const wrong = wrongParameter(request.params, []);
  return wrong === undefined ? jsonAnswer(200, TYPES.map((type) => renderType(type, false))) : undescribed(wrong);
}

export function readType(request: SandboxRequest, id: number): SandboxAnswer {
  const wrong = wrongParameter(request.params, ['includedetails']);
  if (wrong !== undefined) return undescribed(wrong);
  const type = TYPES.find((one) => one.id === id);
  return type === undefined ? notFound() : jsonAnswer(200, renderType(type, request.params.get('includedetails') === 'true'));
}

/** Statuses of assets are lookup 61; of the other lists only that of departments is stood in for. */
export function readLookup({ store }: Instance, request: SandboxRequest): SandboxAnswer {
  const wrong = wrongParameter(request.params, ['lookupid']);
  const id = Number(request.params.get('lookupid'));
  const rows = id === 61 ? STATUSES : id === DEPARTMENT_LOOKUP ? [...store.departments].map(([code, name]) => ({ id: Number(code), name, inactive: false })) : undefined;
  if (wrong !== undefined || rows === undefined) return undescribed(wrong ?? `lookup ${id} is not stood in for`);
  return jsonAnswer(200, rows.map((row, sequence) => ({ lookupid: id, ...row, sequence })));
}

/** The trap: statuses of tickets, with ids of their own. */
export const ticketStatuses = (): SandboxAnswer => jsonAnswer(200, ['New', 'In Progress', 'With User', 'Closed'].map((name, index) => ({ id: index + 1, name })));

/** `GET /Users`, `/Supplier`, `/Site`: inactive ones are left out here too, unless they are asked for. */
export function listOthers(instance: Instance, request: SandboxRequest, name: 'users' | 'suppliers' | 'sites'): SandboxAnswer {
  const wrong = wrongParameter(request.params, PAGING);
  if (wrong !== undefined) return undescribed(wrong);
  const rows = [...instance.store[name].values()].sort((a, b) => a.id - b.id);
  return paged(instance, request, name, request.params.get('includeinactive') === 'true' ? rows : rows.filter((row) => row['inactive'] !== true), (row) => row);
}

export function readOther(instance: Instance, request: SandboxRequest, name: 'users' | 'suppliers' | 'sites', id: number): SandboxAnswer {
  const wrong = wrongParameter(request.params, ['includedetails']);
  if (wrong !== undefined) return undescribed(wrong);
  const row = instance.store[name].get(id);
  return row === undefined ? notFound() : jsonAnswer(200, row);
}
