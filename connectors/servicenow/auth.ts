import {
  AuthenticationError, RejectedError, SourceConfigurationError, type Authenticator, type Clock, type HttpRequest, type HttpResponse, type SourceConfig,
} from '../sdk/contract/index.js';
import { BearerAuthenticator, type BearerToken } from '../sdk/http/index.js';

const OAUTH_HINT = 'ServiceNow answers every OAuth failure alike. Check: client id and secret; the system property glide.oauth.inbound.client.credential.grant_type.enabled = true; '
  + 'that the application registry names an OAuth Application User; that this user is active, not locked out and has no password reset pending.';
const PASSWORD_HINT = 'ServiceNow answers every OAuth failure alike. Check: client id and secret, user and password; that glide.oauth.inbound.ropc.grant_type.disabled is not set; '
  + 'that the user is active, not locked out and has no password reset pending.';
const BASIC_HINT = 'Check user and password. Since 2026 ServiceNow refuses basic authentication, also with the right password, to users who can log in interactively: '
  + 'tick "Web service access only" on the user, or give it the role snc_basic_auth_api_access (the log of the instance then shows SNCRestrictBasicAuthUserAuthenticationGate).';
const KEY_HINT = 'Check the key, and that plugin com.glide.tokenbased_auth is active with an inbound authentication profile and a REST API access policy for the Table API.';

/** A token is renewed this long before its end; when it has less left, before the next request. */
const RENEW_BEFORE_MS = 60_000;

type Send = (request: HttpRequest) => Promise<HttpResponse>;

export function createAuthenticator(source: SourceConfig, clock: Clock): Authenticator {
  const { auth } = source;
  const need = (key: string): string => {
    const value: unknown = auth[key];
    if (typeof value !== 'string' || value === '') throw new SourceConfigurationError(`${source.name}: auth.${key} is missing for auth.method ${auth.method}`);
    return value;
  };
  switch (auth.method) {
    case 'basic': {
      const credentials = Buffer.from(`${need('username')}:${need('password')}`, 'utf8').toString('base64');
      return { hint: BASIC_HINT, authorise: async () => ({ authorization: `Basic ${credentials}` }), reject: () => false };
    }
    case 'api_key': {
      const key = need('apiKey');
      return { hint: KEY_HINT, authorise: async () => ({ 'x-sn-apikey': key }), reject: () => false };
    }
    case 'oauth_client_credentials':
      return new OAuth(clock, OAUTH_HINT, { client_id: need('clientId'), client_secret: need('clientSecret') }, { grant_type: 'client_credentials' });
    case 'oauth_password':
      return new OAuth(clock, PASSWORD_HINT, { client_id: need('clientId'), client_secret: need('clientSecret') },
        { grant_type: 'password', username: need('username'), password: need('password') });
    default:
      throw new SourceConfigurationError(`${source.name}: auth.method ${String(auth.method)} is not known to servicenow`, undefined, {
        hint: 'One of oauth_client_credentials, oauth_password, basic, api_key.' });
  }
}

/**
 * https://www.servicenow.com/docs/r/platform-security/authentication/client-credentials.html: while a token lives, a new
 * request is answered with the same token and the time that it has left, so each answer's own expires_in counts.
 */
class OAuth extends BearerAuthenticator {
  private refreshToken: string | undefined;

  constructor(
    clock: Clock, readonly hint: string,
    private readonly client: Readonly<Record<string, string>>, private readonly grant: Readonly<Record<string, string>>,
  ) { super(clock); }

  protected async fetch(send: Send): Promise<BearerToken> {
    if (this.refreshToken !== undefined) {
      try {
        return await this.ask(send, { grant_type: 'refresh_token', refresh_token: this.refreshToken });
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error;
        this.refreshToken = undefined; // 100 days are over, or it was revoked: the grant itself decides
      }
    }
    return await this.ask(send, this.grant);
  }

  private async ask(send: Send, grant: Readonly<Record<string, string>>): Promise<BearerToken> {
    const form = { ...grant, ...this.client };
    let response: HttpResponse;
    try {
      response = await send({
        method: 'POST', url: '/oauth_token.do', idempotent: true,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        // JSON is not accepted, and in the URL the secret would be logged
        body: new URLSearchParams(form).toString(),
        secrets: [this.client['client_secret'] ?? '', grant['password'] ?? '', grant['refresh_token'] ?? ''],
      });
    } catch (error) {
      // 401 by the documentation; a grant type that is switched off has been seen as 400
      if (!(error instanceof AuthenticationError) && !(error instanceof RejectedError)) throw error;
      throw new AuthenticationError(error.message, error.request, { cause: error.cause, hint: this.hint, ...(error.vendorWords !== undefined && { vendorWords: error.vendorWords }) });
    }
    const answer: unknown = response.json();
    const value = (answer as { access_token?: unknown } | null)?.access_token;
    if (typeof value !== 'string' || value === '') {
      throw new AuthenticationError('ServiceNow answered the token request without a token', undefined, { hint: this.hint });
    }
    const { expires_in: seconds, refresh_token: refresh } = answer as { expires_in?: unknown; refresh_token?: unknown };
    if (typeof refresh === 'string' && refresh !== '') this.refreshToken = refresh;
    const lives = Number(seconds);
    return { value, renewInMs: Math.max(0, (Number.isFinite(lives) ? lives * 1000 : 0) - RENEW_BEFORE_MS) };
  }
}
