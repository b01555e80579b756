import { defineReferenceStream } from '../reference-stream.js';

/** cmn_location. */
export const locations = defineReferenceStream({
  name: 'locations', table: 'cmn_location', type: 'location', columns: ['name'], named: ['name'], roles: 'any user with a role', fields: () => ({}),
});
