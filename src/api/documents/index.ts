import type { Components } from '../schema/schema.js';
import { ASSET_COMPONENTS } from './assets.js';
import { OPERATION_COMPONENTS, PROBLEM } from './operations.js';

export const COMPONENTS: Components = { ...ASSET_COMPONENTS, ...OPERATION_COMPONENTS, Problem: PROBLEM };
