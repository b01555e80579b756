import { boolean, email, text } from '../../sdk/mapping/index.js';
import { defineReferenceStream } from '../reference-stream.js';

/** sys_user. */
export const users = defineReferenceStream({
  name: 'users', table: 'sys_user', type: 'user', columns: ['user_name', 'email', 'name', 'active'], named: ['name', 'user_name', 'email'], roles: 'any user with a role',
  fields: (row) => ({ user_name: text(row['user_name']) ?? null, email: email(row['email']) ?? null, active: boolean(row['active']) ?? null }),
});
