import { SourceConfigurationError, type ConnectContext } from '../sdk/contract/index.js';
import { HaloOAuth } from './auth.js';
import { InstanceCatalogue } from './catalogue.js';
import { HaloOptions } from './config.js';
import { ReferenceLists } from './push/names.js';
import type { HaloClient } from './session.js';

/** The pace is kept in parts of a minute, so that a burst stays small. */
const PARTS = 6;

export function connect(context: ConnectContext): HaloClient {
  const { source, clock, log, signal } = context;
  if (source.auth.method !== 'oauth_client_credentials') {
    throw new SourceConfigurationError(`${source.name}: auth.method ${String(source.auth.method)} is not known to halo`, undefined, { hint: 'It is oauth_client_credentials.' });
  }
  const perMinute = Number(source.options['requestsPerMinute'] ?? new HaloOptions().requestsPerMinute);
  const auth = new HaloOAuth(source, clock, (url) => context.http.sameOrigin(url));
  const http = context.http.withPace({ requests: Math.max(1, Math.floor(perMinute / PARTS)), perMs: 60_000 / PARTS }).withAuth(auth);
  return { source, clock, log, signal, http, catalogue: new InstanceCatalogue(), lists: new ReferenceLists(), granted: () => auth.granted };
}
