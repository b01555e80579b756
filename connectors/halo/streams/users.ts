import { boolean, email, text } from '../../sdk/mapping/index.js';
import { WITH_INACTIVE } from '../list.js';
import { defineReferenceStream } from '../reference-stream.js';

/** Users: the customers' people, not the agents of the service desk. */
export const users = defineReferenceStream({
  name: 'users', type: 'user', path: '/api/Users', filter: WITH_INACTIVE, scope: 'read:customers', columns: ['emailaddress', 'login', 'site_id', 'inactive', 'azure_id'],
  fields: (row) => ({ email: email(row['emailaddress']) ?? null, login: text(row['login']) ?? null, inactive: boolean(row['inactive']) ?? null }),
});
