import { CREDENTIALS } from './auth.js';
import type { ServiceNowSandbox } from './index.js';

/** A bare client for the stand-in's own tests: no retry, no redirect, no cookie, and the answer as it came. */
export interface Answer { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: any }
export interface Asking { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string }

export const BASIC = `Basic ${Buffer.from(`${CREDENTIALS.username}:${CREDENTIALS.password}`).toString('base64')}`;

export interface Client {
  ask(path: string, query?: Record<string, string>, init?: Asking): Promise<Answer>;
  table(name: string, query?: Record<string, string>): Promise<Answer>;
  ids(name: string, query: string, more?: Record<string, string>): Promise<string[]>;
  /** By name. */
  names(name: string, query: string): Promise<string[]>;
}

export function clientOf(sandbox: () => ServiceNowSandbox): Client {
  const ask: Client['ask'] = async (path, query = {}, init = {}) => {
    const search = new URLSearchParams(query).toString();
    const response = await fetch(`${sandbox().url}${path}${search === '' ? '' : `?${search}`}`, {
      ...init, redirect: 'manual', headers: { accept: 'application/json', authorization: BASIC, ...init.headers },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  const table: Client['table'] = (name, query = {}) => ask(`/api/now/table/${name}`, { sysparm_exclude_reference_link: 'true', ...query });
  const column = async (name: string, field: string, query: string, more: Record<string, string> = {}): Promise<string[]> =>
    (await table(name, { sysparm_query: query, sysparm_fields: field, ...more })).body.result.map((row: Record<string, string>) => row[field]);
  return { ask, table, ids: (name, query, more) => column(name, 'sys_id', query, more), names: (name, query) => column(name, 'name', `${query}^ORDERBYname`) };
}

/** Undefined for what is not JSON: that is an answer here. */
function parsed(text: string): unknown {
  try { return JSON.parse(text); } catch { return undefined; }
}
