import { createHash } from 'node:crypto';
import { formOf, jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import { failure } from './answers.js';
import type { Switches } from './switches.js';

/** https://www.servicenow.com/docs/r/platform-security/authentication/client-credentials.html and r_OAuthAPIRequestParameters */
export const CREDENTIALS = {
  clientId: '9f0c2d4be1a34c7fb6d2f5a1c0e87d35', clientSecret: 'Sn-Client-Secret-7Qd2', username: 'lockstep.integration',
  password: 'Sn-Pass:wörd-5Kx', apiKey: 'now_Fz81Lk0TrqVb3wEw',
} as const;

const REFRESH_LIFE = 8_640_000_000;
interface Token { readonly value: string; readonly refresh?: string; readonly until: number }

export class Tokens {
  private readonly live = new Map<string, Token>();
  private readonly refreshTokens = new Map<string, number>();
  private issued = 0;
  /** All ever given out. */
  readonly secrets = new Set<string>();

  constructor(private readonly seed: number, private readonly switches: Switches) {}

  /** `POST /oauth_token.do`. Every failure is one opaque answer. */
  answer(request: SandboxRequest): SandboxAnswer {
    const form = request.method === 'POST' ? formOf(request) : undefined;
    if (form === undefined || form.get('client_id') !== CREDENTIALS.clientId || form.get('client_secret') !== CREDENTIALS.clientSecret) return denied();
    if (request.log.rawQuery !== '') return denied();
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return this.switches.clientCredentials ? this.give('application', false, request.now) : denied();
      case 'password':
        if (!this.switches.passwordGrant || form.get('username') !== CREDENTIALS.username || form.get('password') !== CREDENTIALS.password) return denied();
        return this.give('user', true, request.now);
      case 'refresh_token': {
        const until = this.refreshTokens.get(form.get('refresh_token') ?? '');
        return until !== undefined && until > request.now ? this.give('user', true, request.now) : denied();
      }
      default: return denied();
    }
  }

  /** While a token lives it is given again, with the time that it has left. */
  private give(user: string, withRefresh: boolean, now: number): SandboxAnswer {
    let token = this.live.get(user);
    if (token === undefined || token.until <= now) {
      token = { value: this.secret(), ...(withRefresh && { refresh: token?.refresh ?? this.secret() }), until: now + this.switches.tokenLifeMs };
      this.live.set(user, token);
      if (token.refresh !== undefined && !this.refreshTokens.has(token.refresh)) this.refreshTokens.set(token.refresh, now + REFRESH_LIFE);
    }
    return jsonAnswer(200, {
      access_token: token.value, ...(token.refresh !== undefined && { refresh_token: token.refresh }), scope: 'useraccount', token_type: 'Bearer',
      expires_in: Math.floor((token.until - now - 1) / 1_000),
    });
  }

  private secret(): string {
    this.issued += 1;
    const value = createHash('sha512').update(`${this.seed}/${this.issued}`).digest('base64url').slice(0, 86);
    this.secrets.add(value);
    return value;
  }

  /** All tokens end now, as an admin's revocation does; refresh tokens stay. */
  revoke(): void {
    for (const [user, token] of this.live) this.live.set(user, { ...token, until: 0 });
  }

  /** Whether the request may pass; else why not. */
  accepts(request: SandboxRequest): boolean {
    const { authorization, 'x-sn-apikey': key } = request.headers;
    if (key !== undefined) return key === CREDENTIALS.apiKey;
    const [scheme = '', value = ''] = (authorization ?? '').split(' ');
    if (scheme === 'Bearer') return [...this.live.values()].some((token) => token.value === value && token.until > request.now);
    if (scheme.toLowerCase() !== 'basic') return false;
    return !this.switches.basicRestricted && Buffer.from(value, 'base64').toString('utf8') === `${CREDENTIALS.username}:${CREDENTIALS.password}`;
  }
}

const denied = (): SandboxAnswer => jsonAnswer(401, { error_description: 'access_denied', error: 'server_error' });
export const unauthorised = (): SandboxAnswer => failure(401, 'User Not Authenticated', 'Required to provide Auth information');
