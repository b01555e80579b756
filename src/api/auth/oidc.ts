import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Clock } from '../../../connectors/sdk/contract/index.js';
import type { SecuritySettings } from '../../config/types.js';
import { ROLES, type AnyRole } from './access.js';

type OidcSettings = NonNullable<SecuritySettings['oidc']>;

/** Asymmetric ones only: with a shared secret among them a public key would be taken for one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const SKEW_S = 60;
const MOST_CHARACTERS = 8_192;
const TIMEOUT_MS = 5_000;

export interface OidcPerson {
  readonly subject: string;
  /** What people know them by, as far as the token says. */
  readonly name: string;
  readonly role: AnyRole | undefined;
}

/** The provider cannot be asked: nobody is refused for it, and nobody is let in. */
export class ProviderUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProviderUnavailableError';
  }
}

/** Takes tokens that the configured provider has issued for us. Keys are fetched when first needed and kept. */
export class OidcVerifier {
  private keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(private readonly settings: OidcSettings, private readonly clock: Clock) {}

  /** undefined: it is not valid, for whatever reason. */
  async verify(token: string): Promise<OidcPerson | undefined> {
    if (token.length > MOST_CHARACTERS) return undefined;
    const { issuer, audience } = this.settings;
    try {
      const { payload } = await jwtVerify(token, (header, input) => this.key(header, input), {
        issuer, audience, algorithms: ALGORITHMS, clockTolerance: SKEW_S, currentDate: new Date(this.clock.now()), requiredClaims: ['exp', 'sub'],
      });
      return typeof payload.sub === 'string' && payload.sub !== '' ? { subject: payload.sub, name: nameOf(payload), role: roleFor(payload, this.settings) } : undefined;
    } catch (error) {
      if (error instanceof ProviderUnavailableError) throw error;
      return undefined; // any fault of the token means the same to whoever sent it
    }
  }

  /** A key that does not exist is the token's fault; keys that cannot be fetched are not. */
  private async key(...[header, input]: Parameters<ReturnType<typeof createRemoteJWKSet>>) {
    this.keys ??= createRemoteJWKSet(await this.keyAddress(), { timeoutDuration: TIMEOUT_MS });
    try {
      return await this.keys(header, input);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys || error instanceof errors.JOSENotSupported) throw error;
      throw new ProviderUnavailableError('the keys of the identity provider cannot be fetched', { cause: error });
    }
  }

  /** From the provider's own description, which must be of the issuer that is configured. */
  private async keyAddress(): Promise<URL> {
    const { issuer } = this.settings;
    const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    try {
      const response = await fetch(at, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      const found = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
      if (found.issuer !== issuer) throw new Error('it describes another issuer');
      return new URL(String(found.jwks_uri));
    } catch (error) {
      throw new ProviderUnavailableError(`the description of the identity provider cannot be used: ${at}`, { cause: error });
    }
  }
}

/** The highest role that one of the person's groups has. */
export function roleFor(payload: Readonly<Record<string, unknown>>, { rolesClaim, roles }: OidcSettings): AnyRole | undefined {
  const groups = groupsIn(payload, rolesClaim);
  const has = (role: string): boolean => Object.hasOwn(roles, role) && (roles[role] ?? []).some((group) => groups.includes(group));
  return [...ROLES].reverse().find(has) ?? (Object.keys(roles).find((role) => role.startsWith('ingest:') && has(role)) as AnyRole | undefined);
}

/** Some providers nest: `realm_access.roles`. A claim that is called so with its dot goes first. */
function groupsIn(payload: Readonly<Record<string, unknown>>, claim: string): readonly string[] {
  let value: unknown = payload;
  for (const key of Object.hasOwn(payload, claim) ? [claim] : claim.split('.')) value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

function nameOf(payload: JWTPayload): string {
  const found = [payload['preferred_username'], payload['email'], payload['name'], payload.sub].find((each) => typeof each === 'string' && each !== '');
  return String(found);
}
