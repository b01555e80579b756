import { createHash, randomBytes } from 'node:crypto';
import { appendAudit } from '../../database/repositories/audit.js';
import { insertToken, isFirstToken, listTokens, loadToken, noteTokenUse, revokeToken, tokenByHash, type TokenRow } from '../../database/repositories/api-tokens.js';
import type { Tx } from '../../database/tx.js';
import { DecisionRefusedError } from '../../decisions/refused.js';
import type { Engine } from '../../engine/engine.js';
import { instant, instantOrNull } from '../../queries/instants.js';
import { ROLES, type AnyRole } from './access.js';

/** One line of `token list --json`; the token itself is shown once, when it is made. */
export interface TokenDocument {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly state: 'valid' | 'expired' | 'revoked';
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  /** To within a minute. */
  readonly lastUsedAt: string | null;
}

export interface CreatedToken extends TokenDocument {
  readonly formatVersion: 1;
  readonly token: string;
}

/** Names stand in the audit beside the address: together they must fit there. */
export const TOKEN_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,39}$/u;
const PREFIX = 'lst_';
const LOOKS = /^lst_[A-Za-z0-9_-]{43}$/;
const USE_NOTED_EVERY_MS = 60_000;

/** Bearer tokens of programs: 256 random bits, kept as a hash, with a role and an end. */
export class TokenService {
  constructor(private readonly engine: Engine) {}

  async create({ name, role, lifetimeMs }: { readonly name: string; readonly role: string; readonly lifetimeMs?: number }): Promise<CreatedToken> {
    this.refuseBad(name, role, lifetimeMs);
    return this.engine.database.transaction(async (tx) => this.insert(tx, name, role, lifetimeMs));
  }

  /** Of an installation that has no token yet: the one that makes all others. */
  async first(): Promise<CreatedToken | undefined> {
    return this.engine.database.transaction(async (tx) => ((await isFirstToken(tx)) ? this.insert(tx, 'first start', 'admin', undefined) : undefined));
  }

  async list(after: readonly [createdAt: number, id: string] | undefined, limit: number): Promise<TokenDocument[]> {
    const now = this.engine.clock.now();
    return (await this.engine.database.read((tx) => listTokens(tx, after, limit))).map((row) => tokenDocument(row, now));
  }

  /** Not valid from the next request on. */
  async revoke(id: string): Promise<TokenDocument & { readonly formatVersion: 1 }> {
    return this.engine.database.transaction(async (tx) => {
      const now = this.engine.clock.now();
      const row = await loadToken(tx, id);
      if (!row) throw new DecisionRefusedError(`there is no token "${id}"`, 'see `lockstep token list`');
      if (await revokeToken(tx, id, now)) await appendAudit(tx, { at: now, actor: this.engine.actor, action: 'tokens.revoke', subject: { token: id, name: row.name, role: row.role } });
      return { formatVersion: 1, ...tokenDocument({ ...row, revokedAt: row.revokedAt ?? now }, now) };
    });
  }

  exists(id: string): Promise<boolean> {
    return this.engine.database.read(async (tx) => (await loadToken(tx, id)) !== undefined);
  }

  /** Asked for each request, so that a revoked token is refused at once. */
  async find(secret: string): Promise<TokenRow | undefined> {
    if (!LOOKS.test(secret)) return undefined;
    const now = this.engine.clock.now();
    const row = await this.engine.database.read((tx) => tokenByHash(tx, hashOf(secret)));
    if (!row || stateOf(row, now) !== 'valid') return undefined;
    if (row.lastUsedAt === null || now - row.lastUsedAt >= USE_NOTED_EVERY_MS) await this.noteUse(row.id, now);
    return row;
  }

  /** A disk that is full keeps nobody from reading. */
  private async noteUse(id: string, now: number): Promise<void> {
    try {
      await this.engine.database.transaction((tx) => noteTokenUse(tx, id, now));
    } catch (error) {
      this.engine.log.warn('use of a token not noted', { tokenId: id, error: String(error) });
    }
  }

  private async insert(tx: Tx, name: string, role: string, lifetimeMs: number | undefined): Promise<CreatedToken> {
    const { clock, actor, config } = this.engine;
    const now = clock.now();
    const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
    const row = { id: `tok_${randomBytes(6).toString('hex')}`, name, role, createdAt: now, createdBy: actor, expiresAt: now + (lifetimeMs ?? config.security.tokenLifetimeMs), revokedAt: null, lastUsedAt: null };
    await insertToken(tx, row, hashOf(token));
    await appendAudit(tx, { at: now, actor, action: 'tokens.create', subject: { token: row.id, name, role, expiresAt: instant(row.expiresAt) } });
    return { formatVersion: 1, ...tokenDocument(row, now), token };
  }

  private refuseBad(name: string, role: string, lifetimeMs: number | undefined): void {
    const { sources, security } = this.engine.config;
    if (!TOKEN_NAME.test(name)) throw new DecisionRefusedError(`"${name}" is no name for a token`, 'at most 40 letters, digits, spaces and . _ @ -, beginning with a letter or digit');
    if (!(ROLES as readonly string[]).includes(role) && !sources.some((source) => role === `ingest:${source.name}`)) {
      throw new DecisionRefusedError(`"${role}" is no role`, `one of: ${ROLES.join(', ')}, or ingest:<source>${sources.length === 0 ? '' : ` with one of ${sources.map((source) => source.name).join(', ')}`}`);
    }
    if (lifetimeMs !== undefined && (lifetimeMs <= 0 || lifetimeMs > security.tokenLifetimeMs)) throw new DecisionRefusedError('the token would live longer than security.tokenLifetime allows, or not at all', 'give a shorter lifetime, or none for the longest');
  }
}

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
export const roleOf = (row: TokenRow): AnyRole => row.role as AnyRole;

const stateOf = ({ revokedAt, expiresAt }: TokenRow, now: number): TokenDocument['state'] => (revokedAt !== null ? 'revoked' : expiresAt !== null && expiresAt <= now ? 'expired' : 'valid');

const tokenDocument = (row: TokenRow, now: number): TokenDocument => ({
  id: row.id, name: row.name, role: row.role, state: stateOf(row, now), createdAt: instant(row.createdAt), createdBy: row.createdBy, expiresAt: instantOrNull(row.expiresAt), revokedAt: instantOrNull(row.revokedAt), lastUsedAt: instantOrNull(row.lastUsedAt),
});

/** Makes the first admin token of an installation, to be printed once by whoever starts the service; undefined: there are tokens already. */
export async function firstToken(engine: Engine): Promise<string | undefined> {
  return (await new TokenService(engine).first())?.token;
}
