import { take, type Row, type Tx } from '../tx.js';

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
}

const COLUMNS = 'id, name, role, created_at, created_by, expires_at, revoked_at, last_used_at';
const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));
const tokenOf = (row: Row): TokenRow => ({
  id: row['id'], name: row['name'], role: row['role'], createdAt: Number(row['created_at']), createdBy: row['created_by'], expiresAt: numberOrNull(row['expires_at']), revokedAt: numberOrNull(row['revoked_at']), lastUsedAt: numberOrNull(row['last_used_at']),
});

export async function insertToken(tx: Tx, token: Omit<TokenRow, 'revokedAt' | 'lastUsedAt'>, hash: string): Promise<void> {
  const { id, name, role, createdAt, createdBy, expiresAt } = token;
  await tx.insertMany('api_tokens', ['id', 'name', 'hash', 'role', 'created_at', 'created_by', 'expires_at'], [[id, name, hash, role, createdAt, createdBy, expiresAt]]);
}

export async function tokenByHash(tx: Tx, hash: string): Promise<TokenRow | undefined> {
  const [row] = await tx.query(`SELECT ${COLUMNS} FROM api_tokens WHERE hash = ?`, [hash]);
  return row && tokenOf(row);
}

export async function loadToken(tx: Tx, id: string): Promise<TokenRow | undefined> {
  const [row] = await tx.query(`SELECT ${COLUMNS} FROM api_tokens WHERE id = ?`, [id]);
  return row && tokenOf(row);
}

/** In the order of their making. */
export async function listTokens(tx: Tx, after: readonly [createdAt: number, id: string] | undefined, limit: number): Promise<TokenRow[]> {
  const [at, id] = after ?? [-1, ''];
  return (await tx.query(`SELECT ${COLUMNS} FROM api_tokens WHERE created_at > ? OR (created_at = ? AND id > ?) ORDER BY created_at, id LIMIT ?`, [at, at, id, limit])).map(tokenOf);
}

/** Whether there was none so far; of two processes that ask at once only one hears so. */
export async function isFirstToken(tx: Tx): Promise<boolean> {
  await take(tx, 'api_tokens', 1);
  return (await tx.query(`SELECT id FROM api_tokens LIMIT 1${tx.dialect === 'mysql' ? ' FOR UPDATE' : ''}`)).length === 0;
}

export async function revokeToken(tx: Tx, id: string, at: number): Promise<boolean> {
  return (await tx.execute('UPDATE api_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', [at, id])) > 0;
}

export async function noteTokenUse(tx: Tx, id: string, at: number): Promise<void> {
  await tx.execute('UPDATE api_tokens SET last_used_at = ? WHERE id = ?', [at, id]);
}
