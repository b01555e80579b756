import {
  AuthenticationError, RejectedError, SourceConfigurationError, type Clock, type HttpRequest, type HttpResponse, type SourceConfig,
} from '../sdk/contract/index.js';
import { BearerAuthenticator, mustBeJson, type BearerToken } from '../sdk/http/index.js';
import { field, text } from '../sdk/mapping/index.js';

const HINT = 'Check client id and secret; that the API application uses "Client ID and Secret (Services)" with login type Agent and an active agent; '
  + 'and auth.tenant, which hosted instances need (the name before .haloitsm.com).';
const SCOPE_HINT = 'Tick the permissions on the Permissions tab of the API application: ';

/** A token is renewed this long before its end; one that lives shorter, in its last half. */
const RENEW_BEFORE_MS = 300_000;

type Send = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * The least that is needed. One unknown scope fails the whole request, so none is asked for that is not used. `edit:x` includes
 * `read:x`, which is named all the same: where the application lacks the former, reading goes on.
 */
export const scopesOf = ({ streams, push }: Pick<SourceConfig, 'streams' | 'push'>): string => {
  const writes = push?.enabled === true && streams.includes('assets');
  const suppliers = streams.includes('suppliers') || writesSuppliers({ streams, push });
  return [...(writes ? ['edit:assets'] : []), 'read:assets', 'read:customers', ...(suppliers ? ['read:suppliers'] : [])].join(' ');
};

/** Whether a supplier may be written, by the id that its list gives: a new asset is told its vendor whatever is pushed of the others. */
export const writesSuppliers = ({ streams, push }: Pick<SourceConfig, 'streams' | 'push'>): boolean =>
  push?.enabled === true && streams.includes('assets') && (push.mode === 'upsert' || push.fields?.includes('vendor') === true);

/**
 * https://haloitsm.com/guides/article/?kbid=1499: client credentials at the authorization server, the tenant in the query.
 * This flow has no refresh token that is of use.
 */
export class HaloOAuth extends BearerAuthenticator {
  readonly hint = HINT;
  /** Scopes of the last token: the server may give fewer than were asked for. */
  granted: readonly string[] | undefined;
  private server: { readonly url: string; readonly tenant: string | undefined } | undefined;

  constructor(private readonly source: SourceConfig, clock: Clock, private readonly sameOrigin: (url: string) => string) {
    super(clock);
    for (const key of ['clientId', 'clientSecret']) {
      if (text(source.auth[key]) === undefined) throw new SourceConfigurationError(`${source.name}: auth.${key} is missing for auth.method ${source.auth.method}`);
    }
  }

  protected async fetch(send: Send): Promise<BearerToken> {
    const { auth } = this.source;
    const { url, tenant } = this.server ??= await this.find(send);
    const scope = scopesOf(this.source);
    let response: HttpResponse;
    try {
      response = await send({
        method: 'POST', url: `${url}/token`, query: { tenant }, idempotent: true, judge: mustBeJson,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: auth['clientId'] as string, client_secret: auth['clientSecret'] as string, scope }).toString(),
        secrets: [auth['clientSecret'] as string],
      });
    } catch (error) {
      if (!(error instanceof AuthenticationError) && !(error instanceof RejectedError)) throw error;
      const hint = /invalid_scope/.test(error.vendorWords ?? '') ? `${SCOPE_HINT}${scope}.` : HINT;
      throw new AuthenticationError(error.message, error.request, { cause: error.cause, hint, ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }) });
    }
    const answer: unknown = response.json();
    const value = text(field(answer, 'access_token'));
    if (value === undefined) throw new AuthenticationError('Halo answered the token request without a token', undefined, { hint: HINT });
    this.granted = text(field(answer, 'scope'))?.split(/\s+/);
    const seconds = Number(field(answer, 'expires_in'));
    const livesMs = Number.isFinite(seconds) ? Math.max(0, seconds * 1_000) : 0;
    return { value, renewInMs: livesMs - Math.min(RENEW_BEFORE_MS, livesMs / 2) };
  }

  /** Where tokens are given, and for which tenant: the configuration's word, else what the instance says of itself. */
  private async find(send: Send): Promise<{ readonly url: string; readonly tenant: string | undefined }> {
    const { auth, options, baseUrl = '' } = this.source;
    const [url, tenant] = [text(options['authUrl']), text(auth['tenant'])];
    if (url !== undefined && tenant !== undefined) return { url: trimmed(url), tenant };
    const response = await send({ url: '/api/authinfo', expect: [401, 403, 404], judge: mustBeJson, headers: { accept: 'application/json' } });
    // years lie between instances: an old one that does not tell has its server at the usual place
    const told: unknown = response.status === 200 ? response.json() : undefined;
    return { url: trimmed(url ?? this.named(text(field(told, 'auth_url'))) ?? `${trimmed(baseUrl)}/auth`), tenant: tenant ?? text(field(told, 'tenant_id')) };
  }

  /** The secret goes to another host only when the configuration says so. */
  private named(url: string | undefined): string | undefined {
    if (url === undefined) return undefined;
    try {
      return this.sameOrigin(url);
    } catch (cause) {
      throw new SourceConfigurationError(`${this.source.name}: the instance names another host as its authorization server: ${url.slice(0, 200)}`, undefined, {
        cause, hint: 'If that is right, write it under options.authUrl.' });
    }
  }
}

const trimmed = (url: string): string => url.replace(/\/+$/, '');
