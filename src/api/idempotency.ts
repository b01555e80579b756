import { createHash } from 'node:crypto';
import { freeKey, keepAnswerUnder, takeKey } from '../database/repositories/idempotency.js';
import type { Engine } from '../engine/engine.js';
import { canonicalJson } from '../sync/canonical-json.js';
import { invalid, Problem, problemOf } from './problem.js';

export interface KeyedRequest {
  readonly caller: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface KeptResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly isReplayed: boolean;
}

const KEPT_MS = 24 * 3_600_000;
/** After so long a request that has no answer counts as gone with its process. */
const STALE_MS = 10 * 60_000;

/** Carries an act out once for a key, and gives the same answer to whoever asks again. What failed for no fault of the request is forgotten, so that it can be tried again. */
export async function once(engine: Engine, request: KeyedRequest, act: () => Promise<Omit<KeptResponse, 'isReplayed'>>): Promise<KeptResponse> {
  const { database, clock } = engine;
  const { caller, key } = request;
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) throw invalid([{ header: 'Idempotency-Key', detail: 'must be 1 to 200 printable ASCII characters' }]);
  const now = clock.now();
  const hash = createHash('sha256').update(canonicalJson([request.method, request.path, request.body ?? null])).digest('hex');
  const kept = await database.transaction((tx) => takeKey(tx, caller, key, hash, now, { before: now - KEPT_MS, stale: now - STALE_MS }));
  if (kept && kept.requestHash !== hash) throw new Problem(422, 'key_used_otherwise', 'this key was used for another request', { hint: 'make a new key for each act' });
  if (kept?.status === null) throw new Problem(409, 'key_in_progress', 'the first request with this key has not ended', { hint: 'ask again in a moment', headers: { 'retry-after': '1' } });
  if (kept) return { ...(JSON.parse(kept.answer ?? '{}') as Omit<KeptResponse, 'isReplayed' | 'status'>), status: kept.status as number, isReplayed: true };
  let answer: Omit<KeptResponse, 'isReplayed'>;
  try {
    answer = await act();
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status < 500 && problem.status !== 429) await database.transaction((tx) => keepAnswerUnder(tx, caller, key, problem.status, JSON.stringify({ headers: { 'content-type': 'application/problem+json' }, body: problem.document(request.path) })));
    else await database.transaction((tx) => freeKey(tx, caller, key));
    throw error;
  }
  await database.transaction((tx) => keepAnswerUnder(tx, caller, key, answer.status, JSON.stringify({ headers: answer.headers, body: answer.body })));
  return { ...answer, isReplayed: false };
}
