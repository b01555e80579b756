import { text } from '../../sdk/mapping/index.js';
import { nameOf } from '../ci.js';
import { defineReferenceStream } from '../reference-stream.js';

/** cmdb_model and the classes below it: hardware and software models. */
export const models = defineReferenceStream({
  name: 'models', table: 'cmdb_model', type: 'model', columns: ['name', 'display_name', 'model_number', 'manufacturer'], named: ['name', 'display_name'], roles: 'asset', hasClasses: true,
  enrich: (client, rows) => client.references.resolve(client, rows, ['manufacturer'], 'models'),
  fields: (row) => ({ display_name: text(row['display_name']) ?? null, model_number: text(row['model_number']) ?? null, manufacturer: nameOf(row['manufacturer']) ?? null }),
});
