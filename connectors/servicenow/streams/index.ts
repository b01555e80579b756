import { assets } from './assets.js';
import { companies } from './companies.js';
import { computers } from './computers.js';
import { locations } from './locations.js';
import { models } from './models.js';
import { network } from './network.js';
import { relationships } from './relationships.js';
import { software } from './software.js';
import { users } from './users.js';
import { vms } from './vms.js';

/** In the order in which they are best read: what others refer to comes first. */
export const streams = [computers, network, vms, assets, relationships, software, companies, users, locations, models] as const;
