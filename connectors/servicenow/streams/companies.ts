import { boolean } from '../../sdk/mapping/index.js';
import { defineReferenceStream } from '../reference-stream.js';

/** core_company: manufacturers and vendors are companies with a flag. */
export const companies = defineReferenceStream({
  name: 'companies', table: 'core_company', type: 'company', columns: ['name', 'manufacturer', 'vendor'], named: ['name'], roles: 'any user with a role',
  fields: (row) => ({ manufacturer: boolean(row['manufacturer']) ?? null, vendor: boolean(row['vendor']) ?? null }),
});
