import { assetPush } from '../push/index.js';
import { assets as read } from './assets.js';
import { relationships } from './relationships.js';
import { sites } from './sites.js';
import { suppliers } from './suppliers.js';
import { users } from './users.js';

const assets = { ...read, push: assetPush };

/** In the order in which they are best read: what others refer to comes first. */
export const streams = [assets, relationships, suppliers, users, sites] as const;
/** Those that are plain lists. */
export const referenceStreams = [suppliers, users, sites] as const;
