import { CREDENTIALS } from './auth.js';
import type { HaloSandbox } from './index.js';

/** A bare client for the stand-in's own tests: no retry, no redirect, and the answer as it came. */
export interface Answer { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: any }
export interface Client {
  /** As the agent, with a token of all that the application allows. */
  get(path: string, query?: Record<string, string>): Promise<Answer>;
  post(body: unknown): Promise<Answer>;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  token(fields?: Record<string, string>, query?: string): Promise<Answer>;
  ids(query: Record<string, string>): Promise<number[]>;
}

export const SCOPES = 'edit:assets read:customers read:suppliers';

export function clientOf(sandbox: () => HaloSandbox): Client {
  const plain = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${sandbox().url}${path}`, { ...init, redirect: 'manual' });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  const token: Client['token'] = (fields = {}, query = `?tenant=${CREDENTIALS.tenant}`) => plain(`/auth/token${query}`, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: CREDENTIALS.clientId, client_secret: CREDENTIALS.clientSecret, scope: SCOPES, ...fields }).toString(),
  });
  const ask: Client['ask'] = async (path, init = {}) => plain(path, { ...init, headers: { authorization: `Bearer ${(await token()).body.access_token}`, ...init.headers } });
  const get: Client['get'] = (path, query = {}) => { const search = new URLSearchParams(query).toString(); return ask(`${path}${search === '' ? '' : `?${search}`}`); };
  return {
    ask, get, token,
    post: (body) => ask('/api/Asset', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    ids: async (query) => (await get('/api/Asset', { order: 'id', ...query })).body.assets.map(({ id }: { id: number }) => id),
  };
}

/** Undefined for what is not JSON: that is an answer here. */
function parsed(text: string): unknown {
  try { return JSON.parse(text); } catch { return undefined; }
}
