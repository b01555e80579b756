import type { MapContext, Mapping } from '../../sdk/contract/index.js';
import { claims, day, field, identifiers, instant, integer, mapped, minor, rejected, text } from '../../sdk/mapping/index.js';
import { arrayOf, nameOf, people } from '../ci.js';
import { assetClass } from '../classes.js';
import { defineTableStream } from '../pass.js';
import { ASSET_COLUMNS } from '../push/columns.js';
import { writable } from '../push/index.js';
import { assetStages } from '../stages.js';
import { isSysId, refId, type Row } from '../types.js';

const REFERENCES = ['model', 'assigned_to', 'owned_by', 'department', 'location', 'company', 'vendor'];

/**
 * alm_hardware: the asset side of hardware, with money, dates and the State that others follow. It names its CI in `ci`;
 * CI and asset are one asset of ours. Which stream the CI is in does not show here, so all three are named; the two that
 * hold no such record link nothing.
 */
export const assets = writable(defineTableStream<Row>({
  name: 'assets',
  table: 'alm_hardware',
  fields: [
    'sys_id', 'sys_class_name', 'asset_tag', 'serial_number', 'ci', 'ci.sys_class_name', 'model', 'model_category', 'install_status', 'substatus', 'life_cycle_stage', 'life_cycle_stage_status',
    'assigned_to', 'owned_by', 'department', 'location', 'company', 'vendor', 'cost', 'purchase_date', 'warranty_expiration', 'install_date', 'po_number', 'retired',
    'sys_updated_on', 'sys_mod_count',
  ],
  joins: [],
  roles: 'asset',
  hasClasses: true,
  audited: true,
  incremental: 'partial',
  async enrich(client, rows) {
    const classOf = (row: Row): unknown => row['ci.sys_class_name'];
    if (rows.some((row) => text(classOf(row)) !== undefined && !client.classes.knows(classOf(row)))) await client.classes.below(client, 'cmdb_ci_hardware', 'assets');
    const resolved = await client.references.resolve(client, rows, REFERENCES, 'assets');
    return resolved.map((row) => ({ ...row, class_path: client.classes.path(classOf(row)) }));
  },
  map: mapAsset,
}), { columns: ASSET_COLUMNS, stages: assetStages, second: { field: 'substatus', otherwise: '' } });

function mapAsset(raw: Row, context: MapContext): Mapping {
  const id = raw['sys_id'];
  if (!isSysId(id)) return rejected('no sys_id');
  const ci = refId(raw['ci']);
  const modifiedAt = instant(raw['sys_updated_on']);
  const version = integer(raw['sys_mod_count']);
  const stage = assetStages.read(raw);
  return mapped({
    kind: 'asset',
    externalId: id,
    // the class is the CI's: `where` must not part what is one; a stray asset is some hardware
    assetClass: assetClass(arrayOf(raw['class_path']), 'hardware'),
    ...(modifiedAt !== undefined && { modifiedAt }),
    ...(version !== undefined && { version }),
    identifiers: identifiers({
      serial: raw['serial_number'],
      asset_tag: raw['asset_tag'],
      external_ref: ci === undefined ? [] : ['computers', 'network', 'vms'].map((stream) => `${context.source}/${stream}/${ci}`),
    }),
    claims: claims({
      serial_number: text(raw['serial_number']),
      asset_tag: text(raw['asset_tag']),
      manufacturer: nameOf(field(raw['model'], 'manufacturer')),
      model: nameOf(raw['model']),
      ...people(raw),
      department: nameOf(raw['department']),
      location: nameOf(raw['location']),
      vendor: nameOf(raw['vendor']),
      // in the currency of the asset, which the raw value does not name
      cost: minor(raw['cost']),
      purchase_date: day(raw['purchase_date']),
      purchase_order: text(raw['po_number']),
      warranty_expires_on: day(raw['warranty_expiration']),
    }),
    ...(stage && { stage }),
  });
}
