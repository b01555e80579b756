import { boolean } from '../../sdk/mapping/index.js';
import { WITH_INACTIVE } from '../list.js';
import { defineReferenceStream } from '../reference-stream.js';

/** Suppliers and manufacturers are one list with a flag each. */
export const suppliers = defineReferenceStream({
  name: 'suppliers', type: 'supplier', path: '/api/Supplier', filter: WITH_INACTIVE, scope: 'read:suppliers', columns: ['is_supplier', 'is_manufacturer', 'inactive'],
  fields: (row) => ({ is_supplier: boolean(row['is_supplier']) ?? null, is_manufacturer: boolean(row['is_manufacturer']) ?? null, inactive: boolean(row['inactive']) ?? null }),
});
