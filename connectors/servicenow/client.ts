import type { ConnectContext } from '../sdk/contract/index.js';
import { createAuthenticator } from './auth.js';
import { ClassTree } from './classes.js';
import { ReferenceTables } from './references.js';
import type { ServiceNowClient } from './session.js';

export function connect(context: ConnectContext): ServiceNowClient {
  const { source, clock, log, signal } = context;
  return {
    source, clock, log, signal,
    http: context.http.withAuth(createAuthenticator(source, clock)),
    references: new ReferenceTables(),
    classes: new ClassTree(),
  };
}
