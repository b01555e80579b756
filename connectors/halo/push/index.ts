import type { StreamPush } from '../../sdk/contract/index.js';
import type { HaloClient } from '../session.js';
import type { AssetRaw } from '../types.js';
import { likelyCause } from './cause.js';
import { WRITABLE } from './columns.js';
import { create } from './create.js';
import { search } from './search.js';
import { codesFor } from './stage.js';
import { fetchMany, write } from './write.js';

/** Assets of one array: no maximum is documented, and what stays of a refused one is not either. */
export const BATCH = 20;

/** How assets are written. */
export const assetPush: StreamPush<HaloClient, AssetRaw> = {
  attributes: WRITABLE,
  batch: BATCH,
  codesFor,
  write,
  fetchMany,
  likelyCause,
  // what an instance has types for its own names say
  create: { classes: ['computer', 'server', 'hypervisor', 'network_device', 'virtual_machine', 'printer', 'mobile', 'storage', 'hardware'], search, create },
};
