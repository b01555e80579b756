import { stageTable } from '../sdk/mapping/index.js';

/**
 * State and substate of a hardware asset (`alm_asset.install_status`, `substatus`), written together.
 * https://www.servicenow.com/docs/r/it-asset-management/asset-management/t_SettingAssetStatesAndSubstates: choices of the
 * base system. An instance may add others: they are unmapped until the configuration maps them.
 * Lists on the web that give other codes (6 On order, 2 In stock, 10 In transit) are wrong for `alm_asset`.
 */
export const assetStages = stageTable([
  [{ install_status: '2', substatus: '' }, 'requested', 'both'],
  [{ install_status: '2', substatus: '*' }, 'requested', 'read'],

  [{ install_status: '6', substatus: 'available' }, 'acquired', 'both'],
  [{ install_status: '6', substatus: '' }, 'acquired', 'read'],
  [{ install_status: '6', substatus: 'reserved' }, 'acquired', 'read'],
  [{ install_status: '6', substatus: 'defective' }, 'acquired', 'read'],
  [{ install_status: '6', substatus: 'pending_repair' }, 'acquired', 'read'],
  [{ install_status: '6', substatus: 'pending_transfer' }, 'acquired', 'read'],
  [{ install_status: '6', substatus: 'pre_allocated' }, 'acquired', 'read'],

  [{ install_status: '6', substatus: 'pending_install' }, 'deployed', 'both'],
  [{ install_status: '9', substatus: '*' }, 'deployed', 'read'],

  [{ install_status: '1', substatus: '' }, 'in_use', 'both'],
  [{ install_status: '1', substatus: '*' }, 'in_use', 'read'],

  [{ install_status: '3', substatus: '' }, 'maintenance', 'both'],
  [{ install_status: '3', substatus: '*' }, 'maintenance', 'read'],

  [{ install_status: '7', substatus: 'pending_disposal' }, 'retired', 'both'],
  [{ install_status: '7', substatus: '' }, 'retired', 'read'],
  [{ install_status: '6', substatus: 'pending_disposal' }, 'retired', 'read'],
  // Missing is no disposal: nobody knows where it is.
  [{ install_status: '8', substatus: 'lost' }, 'retired', 'read', { holds: ['lost'] }],
  [{ install_status: '8', substatus: '' }, 'retired', 'read', { holds: ['lost'] }],
  [{ install_status: '8', substatus: 'stolen' }, 'retired', 'read', { holds: ['stolen'] }],

  [{ install_status: '7', substatus: 'disposed' }, 'disposed', 'both'],
  [{ install_status: '7', substatus: 'sold' }, 'disposed', 'read'],
  [{ install_status: '7', substatus: 'donated' }, 'disposed', 'read'],
  [{ install_status: '7', substatus: 'vendor_credit' }, 'disposed', 'read'],
  [{ install_status: '10', substatus: '*' }, 'disposed', 'read'],
]);

/**
 * Status of a CI without asset (`cmdb_ci.install_status`, `operational_status`), written together; only the first is
 * read, for the second is never synchronised (KB0717902) and customers use it as they like. `100 Absent` is no stage:
 * Discovery no longer sees the CI, a fact for rules. There is no code for disposed: 7 / 6 is written and read back as
 * retired, which is agreement, not a move.
 */
export const ciStages = stageTable([
  [{ install_status: '2', operational_status: '2' }, 'requested', 'both'],
  [{ install_status: '2', operational_status: '*' }, 'requested', 'read'],
  [{ install_status: '6', operational_status: '2' }, 'acquired', 'both'],
  [{ install_status: '6', operational_status: '*' }, 'acquired', 'read'],
  [{ install_status: '4', operational_status: '5' }, 'deployed', 'both'],
  [{ install_status: '4', operational_status: '*' }, 'deployed', 'read'],
  [{ install_status: '1', operational_status: '1' }, 'in_use', 'both'],
  [{ install_status: '1', operational_status: '*' }, 'in_use', 'read'],
  [{ install_status: '3', operational_status: '3' }, 'maintenance', 'both'],
  [{ install_status: '3', operational_status: '*' }, 'maintenance', 'read'],
  [{ install_status: '5', operational_status: '*' }, 'maintenance', 'read'],
  [{ install_status: '7', operational_status: '6' }, 'retired', 'both'],
  [{ install_status: '7', operational_status: '*' }, 'retired', 'read'],
  [{ install_status: '8', operational_status: '*' }, 'retired', 'read', { holds: ['stolen'] }],
  [{ install_status: '7', operational_status: '6' }, 'disposed', 'write'],
]);

/** Discovery no longer sees the CI. */
export const CI_ABSENT = '100';
