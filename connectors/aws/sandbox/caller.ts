import type { Accounts, Principal } from './accounts.js';
import { callerRefusal, type Protocol } from './refusal.js';
import { amzDate, parseAmzDate, sameSignature, signatureOf, unsignedHeaders, type Authorization, type HttpRequestParts } from './sigv4.js';

/** A signature is good for five minutes around its date. */
const WINDOW_MS = 5 * 60_000;

export interface Caller { readonly principal: Principal; readonly region: string }

/**
 * Who calls, proved. The order is the vendor's: form, key, scope, time, signature, session; so that a wrong secret is never
 * told that its session had ended.
 */
export function authenticate(request: HttpRequestParts, authorization: Authorization | undefined, protocol: Protocol, accounts: Accounts, now: number): Caller {
  if (request.headers['authorization'] === undefined) throw callerRefusal(protocol, 'missing');
  if (authorization === undefined) throw callerRefusal(protocol, 'malformed');
  const unsigned = unsignedHeaders(request, authorization);
  if (unsigned.length > 0) throw callerRefusal(protocol, 'malformed', `'${unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization.`);
  const signedAt = parseAmzDate(request.headers['x-amz-date']);
  if (signedAt === undefined) throw callerRefusal(protocol, 'malformed', "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");

  const principal = accounts.key(authorization.accessKeyId);
  if (principal === undefined) throw callerRefusal(protocol, 'unknown_key');
  if (accounts.region(authorization.region) === undefined) throw callerRefusal(protocol, 'bad_scope');
  if (!(request.headers['x-amz-date'] as string).startsWith(authorization.date)) throw callerRefusal(protocol, 'bad_scope', protocol === 'query' ? "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP" : undefined);

  if (signedAt < now - WINDOW_MS) {
    throw callerRefusal(protocol, 'skewed', protocol === 'ec2' ? undefined : `Signature expired: ${amzDate(signedAt)} is now earlier than ${amzDate(now - WINDOW_MS)} (${amzDate(now)} - 5 min.)`);
  }
  if (signedAt > now + WINDOW_MS) {
    throw callerRefusal(protocol, 'skewed', protocol === 'ec2' ? undefined : `Signature not yet current: ${amzDate(signedAt)} is still later than ${amzDate(now + WINDOW_MS)} (${amzDate(now)} + 5 min.)`);
  }
  if (!sameSignature(signatureOf(request, authorization, principal.secret), authorization.signature)) throw callerRefusal(protocol, 'bad_signature');
  if (request.headers['x-amz-security-token'] !== principal.sessionToken) throw callerRefusal(protocol, 'bad_token');
  if (principal.expiresAt !== undefined && principal.expiresAt <= now) throw callerRefusal(protocol, 'expired_token');
  if (!accounts.enabled(authorization.region) || !accounts.validIn(principal, authorization.region)) throw callerRefusal(protocol, 'region_disabled');
  return { principal, region: authorization.region };
}
