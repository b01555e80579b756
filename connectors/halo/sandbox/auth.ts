import { createHash } from 'node:crypto';
import { formOf, jsonAnswer, type SandboxAnswer, type SandboxRequest } from '../../sdk/sandbox/index.js';
import type { Switches } from './switches.js';

/** https://haloitsm.com/guides/article/?kbid=1499 */
export const CREDENTIALS = { clientId: '5b9c0d3e-71f2-4c61-9a35-0e6f1d2c8b47', clientSecret: 'Halo-Client:Secrét-4f1c9d7e', tenant: 'acme' } as const;

const PARTS = ['tickets', 'calendar', 'customers', 'crm', 'timesheets', 'contracts', 'suppliers', 'items', 'projects', 'sales', 'quotes', 'sos', 'pos', 'invoices', 'reporting', 'software', 'softwarelicensing', 'kb', 'assets'];
const isScope = (scope: string): boolean => /^(all|all:standard|admin)$/.test(scope) || (/^(read|edit):/.test(scope) && PARTS.includes(scope.slice(5)));

interface Token { readonly until: number; readonly scopes: readonly string[] }

export class Tokens {
  private readonly live = new Map<string, Token>();
  /** All ever given out. */
  readonly secrets = new Set<string>();

  constructor(private readonly seed: number, private readonly switches: Switches) {}

  /** `POST {auth}/token?tenant=…`: the tenant in the query, all else in the form. */
  answer(request: SandboxRequest): SandboxAnswer {
    const form = request.method === 'POST' ? formOf(request) : undefined;
    const refused = (error: string): SandboxAnswer => jsonAnswer(400, { error });
    if (form === undefined) return refused('invalid_request');
    if ([...request.params.keys()].some((name) => name !== 'tenant')) return refused('invalid_request');
    if (form.get('grant_type') !== 'client_credentials') return refused('unsupported_grant_type');
    if (this.switches.hosted && request.params.get('tenant') !== CREDENTIALS.tenant) return refused('invalid_client');
    if (form.get('client_id') !== CREDENTIALS.clientId || form.get('client_secret') !== CREDENTIALS.clientSecret) return refused('invalid_client');
    const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    if (asked.length === 0 || !asked.every(isScope)) return refused('invalid_scope');
    const scopes = asked.filter((scope) => covers(this.switches.allowedScopes, scope));
    const value = createHash('sha512').update(`${this.seed}/${this.secrets.size}`).digest('base64url');
    this.secrets.add(value);
    this.live.set(value, { until: request.now + this.switches.tokenLifeMs, scopes });
    return jsonAnswer(200, { scope: scopes.join(' '), token_type: 'Bearer', access_token: value, expires_in: Math.floor(this.switches.tokenLifeMs / 1_000), refresh_token: null, id_token: null });
  }

  /** The scopes of the request's token; undefined: it has none that lives. */
  scopesOf(request: SandboxRequest): readonly string[] | undefined {
    const token = this.live.get(/^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1] ?? '');
    return token !== undefined && token.until > request.now ? token.scopes : undefined;
  }

  revoke(): void { this.live.clear(); }
}

/** `edit:x` includes `read:x`. */
export const covers = (scopes: readonly string[], needed: string): boolean =>
  scopes.includes('all') || scopes.includes(needed) || (needed.startsWith('read:') && scopes.includes(`edit:${needed.slice(5)}`));
