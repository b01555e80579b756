import { STAGE_CODES } from './choices.js';
import { isA } from './schema.js';
import { idOf, type Row, type Store } from './store.js';
import { updateRow } from './rows.js';

/** Who the platform's own rules are. */
export const SYSTEM = 'system';

/** Columns that both sides carry, by the names of the asset and of the CI (t_CreateAssetandCIInstallStatusMapping, c_ManagingAssets). */
const BOTH_WAYS: readonly (readonly [asset: string, item: string])[] = [
  ['asset_tag', 'asset_tag'], ['serial_number', 'serial_number'], ['model', 'model_id'], ['assigned_to', 'assigned_to'], ['location', 'location'], ['department', 'department'],
  ['warranty_expiration', 'warranty_expiration'], ['purchase_date', 'purchase_date'], ['owned_by', 'owned_by'],
];

/**
 * "Update CI fields on change" on alm_asset and "Update Asset fields on change" on cmdb_ci, where asset and CI point at each
 * other. State and substate of an asset set the status of its CI, and of hardware also `hardware_status`; the install status
 * of a hardware CI never reaches the asset (KB0717902). An exact pair is looked up: one that is not mapped changes nothing.
 */
export function synchronise(store: Store, before: Row, after: Row, at: number): void {
  const changed = (name: string): boolean => (before.values[name] ?? '') !== (after.values[name] ?? '');
  const fromAsset = isA(after.table, 'alm_asset');
  const other = fromAsset ? store.get('cmdb_ci', after.values['ci'] ?? '') : isA(after.table, 'cmdb_ci') ? store.get('alm_asset', after.values['asset'] ?? '') : undefined;
  if (other === undefined || (fromAsset ? other.values['asset'] : other.values['ci']) !== idOf(after)) return;

  const given: Record<string, string> = {};
  for (const [asset, item] of BOTH_WAYS) {
    const [from, to] = fromAsset ? [asset, item] : [item, asset];
    if (changed(from)) given[to] = after.values[from] ?? '';
  }
  const pair = Object.values(STAGE_CODES).find((codes) => codes.state === after.values['install_status'] && codes.substatus === (after.values['substatus'] ?? ''));
  if (fromAsset) {
    if (changed('cost')) given['cost'] = after.values['cost'] ?? '';
    if (changed('install_status') || changed('substatus')) {
      const mapped = store.all('alm_asset_ci_state_mapping').find(({ values }) => values['active'] === 'true' && values['synch_direction'] !== 'ci_to_asset'
        && values['asset_state'] === after.values['install_status'] && (values['asset_substate'] ?? '') === (after.values['substatus'] ?? ''));
      if (mapped !== undefined) given['install_status'] = mapped.values['configuration_item_status'] ?? '';
      if (pair !== undefined && isA(other.table, 'cmdb_ci_hardware')) given['hardware_status'] = pair.hardware;
    }
  }
  updateRow(store, other, given, at, SYSTEM);
}
