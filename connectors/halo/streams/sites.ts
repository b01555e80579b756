import { boolean, text } from '../../sdk/mapping/index.js';
import { WITH_INACTIVE } from '../list.js';
import { defineReferenceStream } from '../reference-stream.js';

/** Places, each of one client. */
export const sites = defineReferenceStream({
  name: 'sites', type: 'site', path: '/api/Site', filter: WITH_INACTIVE, scope: 'read:customers', columns: ['client_id', 'client_name', 'inactive'],
  fields: (row) => ({ client: text(row['client_name']) ?? null, inactive: boolean(row['inactive']) ?? null }),
});
