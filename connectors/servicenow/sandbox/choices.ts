import type { LifecycleStage } from '../../sdk/contract/index.js';
import type { Store } from './store.js';
import { insertRow } from './rows.js';

/** Choice lists of the base system: table, column, then value and label. `substatus` depends on the state. */
const CHOICES: readonly (readonly [table: string, element: string, choices: string])[] = [
  ['cmdb_ci', 'install_status', '1 Installed|2 On Order|3 In Maintenance|4 Pending Install|5 Pending Repair|6 In Stock|7 Retired|8 Stolen|100 Absent'],
  ['cmdb_ci', 'operational_status', '1 Operational|2 Non-Operational|3 Repair in Progress|4 DR Standby|5 Ready|6 Retired|7 Pipeline|8 Catalog'],
  // `Lockstep` is what an admin adds before CIs are created.
  ['cmdb_ci', 'discovery_source', 'ServiceNow ServiceNow|ServiceWatch ServiceWatch|ImportSet ImportSet|Lockstep Lockstep'],
  ['alm_asset', 'install_status', '1 In use|2 On order|3 In maintenance|6 In stock|7 Retired|8 Missing|9 In transit|10 Consumed'],
  ['cmdb_ci_hardware', 'hardware_status', 'installed Installed|in_stock In stock|in_maintenance In maintenance|retired Retired|stolen Stolen|defective Defective'],
];
const SUBSTATUS: Readonly<Record<string, string>> = {
  6: 'available reserved defective pending_repair pending_install pending_disposal pending_transfer pre_allocated',
  9: 'available reserved defective pending_install pending_disposal pre_allocated', 7: 'disposed sold donated vendor_credit pending_disposal', 8: 'lost stolen',
};

export function fillChoices(store: Store, at: number): void {
  const add = (name: string, element: string, value: string, label: string, dependent: string, sequence: number): void => {
    insertRow(store, 'sys_choice', { name, element, value, label, dependent_value: dependent, inactive: 'false', language: 'en', sequence: String(sequence) }, at, 'system');
  };
  for (const [table, element, list] of CHOICES) {
    for (const [index, choice] of list.split('|').entries()) {
      const [value = '', ...label] = choice.split(' ');
      add(table, element, value, label.join(' '), '', index);
    }
  }
  for (const [state, list] of Object.entries(SUBSTATUS)) {
    for (const [index, value] of list.split(' ').entries()) add('alm_asset', 'substatus', value, label(value), state, index);
  }
}

/** Which state of an asset is which status of its CI; t_CreateAssetandCIInstallStatusMapping. */
export function fillStateMapping(store: Store, at: number): void {
  for (const { state, substatus, installed } of Object.values(STAGE_CODES)) {
    insertRow(store, 'alm_asset_ci_state_mapping', { asset_state: state, asset_substate: substatus, configuration_item_status: installed, synch_direction: 'both', active: 'true' }, at, 'system');
  }
}

const label = (value: string): string => `${value.slice(0, 1).toUpperCase()}${value.slice(1).replaceAll('_', ' ')}`;

export interface StageCodes {
  readonly state: string; readonly substatus: string; readonly installed: string; readonly operational: string; readonly hardware: string;
  readonly csdm: readonly [string, string];
}
/** How a user of the vendor enters each stage. */
export const STAGE_CODES: Readonly<Record<LifecycleStage, StageCodes>> = {
  requested: { state: '2', substatus: '', installed: '2', operational: '2', hardware: '', csdm: ['Purchase', 'On Order'] },
  acquired: { state: '6', substatus: 'available', installed: '6', operational: '2', hardware: 'in_stock', csdm: ['Inventory', 'Available'] },
  deployed: { state: '6', substatus: 'pending_install', installed: '4', operational: '5', hardware: 'in_stock', csdm: ['Deploy', 'In Stock'] },
  in_use: { state: '1', substatus: '', installed: '1', operational: '1', hardware: 'installed', csdm: ['Operational', 'In Use'] },
  maintenance: { state: '3', substatus: '', installed: '3', operational: '3', hardware: 'in_maintenance', csdm: ['Operational', 'In Maintenance'] },
  retired: { state: '7', substatus: 'pending_disposal', installed: '7', operational: '6', hardware: 'retired', csdm: ['End of Life', 'Pending Disposal'] },
  disposed: { state: '7', substatus: 'disposed', installed: '7', operational: '6', hardware: 'retired', csdm: ['End of Life', 'Disposed'] },
};

/** What an asset's state and substatus mean. */
export function stageOfAsset(state: string, substatus: string): LifecycleStage | undefined {
  switch (state) {
    case '1': return 'in_use';
    case '2': return 'requested';
    case '3': return 'maintenance';
    case '6': return substatus === 'pending_install' ? 'deployed' : substatus === 'pending_disposal' ? 'retired' : 'acquired';
    case '7': return substatus === '' || substatus === 'pending_disposal' ? 'retired' : 'disposed';
    case '8': return 'retired';
    case '9': return 'deployed';
    case '10': return 'disposed';
    default: return undefined;
  }
}

/** What the state of a CI means that has no asset. */
export const stageOfItem = (status: string): LifecycleStage | undefined => ({
  1: 'in_use', 2: 'requested', 3: 'maintenance', 4: 'deployed', 5: 'maintenance', 6: 'acquired', 7: 'retired', 8: 'retired',
} as const)[status as '1'];
