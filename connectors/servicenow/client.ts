import type { Authenticator, ConnectContext } from '../sdk/contract/index.js';
import { createRedactor, type Redactor } from '../sdk/http/index.js';
import { createAuthenticator } from './auth.js';
import { ClassTree } from './classes.js';
import { NameTables } from './push/names.js';
import { ReferenceTables } from './references.js';
import type { ServiceNowClient } from './session.js';

export function connect(context: ConnectContext): ServiceNowClient {
  const { source, clock, log, signal } = context;
  const redact = createRedactor(Object.values(source.auth).filter((value): value is string => typeof value === 'string' && value !== source.auth.method));
  return {
    source, clock, log, signal, redact,
    http: context.http.withAuth(overheard(createAuthenticator(source, clock), redact)),
    references: new ReferenceTables(),
    names: new NameTables(),
    classes: new ClassTree(),
  };
}

/** Tokens are secrets too, from the moment on that they are used. */
const overheard = (auth: Authenticator, redact: Redactor): Authenticator => ({
  ...(auth.hint !== undefined && { hint: auth.hint }),
  async authorise(send) {
    const headers = await auth.authorise(send);
    for (const value of Object.values(headers)) redact.add(value, /^[A-Za-z]+ (.{4,})$/.exec(value)?.[1]);
    return headers;
  },
  reject: () => auth.reject(),
});
