import type { SourceConfig } from '../../sdk/contract/index.js';
import {
  createFleet, DATA_FAULTS, FaultSet, htmlAnswer, machineClock, startServer, WriteDesk, type Sandbox, type SandboxAnswer, type SandboxModule, type SandboxOptions, type SandboxRequest, type Writes,
} from '../../sdk/sandbox/index.js';
import { failure, noResource, QUOTA_DETAIL, QUOTA_MESSAGE } from './answers.js';
import { CREDENTIALS, Tokens, unauthorised } from './auth.js';
import { answerBatch } from './batch.js';
import { rulesOf } from './deliveries.js';
import { editsOf } from './edits.js';
import { answerEngine } from './engine.js';
import { filled, seed, sysId } from './seed.js';
import { RateRule, Sessions, tooMany } from './sessions.js';
import { idOf, Store } from './store.js';
import { columnsOf } from './schema.js';
import { STREAM_TABLES, streamOf } from './streams.js';
import { readSwitches, type Switches } from './switches.js';
import { SYSTEM } from './synchronise.js';
import { answerStats, answerTable, knownTables } from './table-api.js';
import { truthOf } from './truth.js';

export type { Switches } from './switches.js';

/** Beyond the common interface: the switches of the instance, changeable at any time. */
export interface ServiceNowSandbox extends Sandbox {
  readonly switches: Switches;
  readonly writes: Writes;
  /** All access tokens end, as an admin's revocation does. */
  revokeTokens(): void;
}

const NAME = 'servicenow';
/** An `IN` list of 300 ids gave "Request header is too large"; one of 100 passes. */
const LONGEST_TARGET = 8_192;
const RESOURCE = /^\/api\/now(?:\/(v\d+))?\/(table|stats)\/([^/]+)(?:\/([^/]+))?$/;
const BATCH = /^\/api\/now(?:\/v1)?\/batch$/;
const ENGINE = /^\/api\/now(?:\/v1)?\/identifyreconcile\/(enhanced|queryEnhanced)$/;
const VERSIONS = [undefined, 'v1', 'v2'];

const AUTH: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  oauth_client_credentials: { clientId: CREDENTIALS.clientId, clientSecret: CREDENTIALS.clientSecret },
  oauth_password: { clientId: CREDENTIALS.clientId, clientSecret: CREDENTIALS.clientSecret, username: CREDENTIALS.username, password: CREDENTIALS.password },
  basic: { username: CREDENTIALS.username, password: CREDENTIALS.password },
  api_key: { apiKey: CREDENTIALS.apiKey },
};
const VARIABLES: Readonly<Record<string, string>> = {
  clientId: 'SANDBOX_SN_CLIENT_ID', clientSecret: 'SANDBOX_SN_CLIENT_SECRET', username: 'SANDBOX_SN_USERNAME', password: 'SANDBOX_SN_PASSWORD', apiKey: 'SANDBOX_SN_API_KEY',
};

export async function start(options: SandboxOptions = {}): Promise<ServiceNowSandbox> {
  const clock = options.clock ?? machineClock;
  const switches = readSwitches(options.vendor);
  const seedNumber = options.seed ?? 1;
  const store = new Store((count) => sysId(`new/${seedNumber}/${count}`));
  const origins = seed(store, options.fleet ?? createFleet(), switches.sam);
  const tables = knownTables(switches);
  const tokens = new Tokens(seedNumber, switches);
  const sessions = new Sessions(clock);
  const hidden = new Set<string>();
  const limits: { pageSize?: number | undefined; rule?: RateRule | undefined; given?: number | undefined } = {};
  let reads = 0;
  const desk = new WriteDesk(['ignore', 'normalise', 'own_rule', 'read_only', 'refuse', 'throttle']);
  store.wrote = ({ kind, row, before, at, by }) => {
    deliveries.wrote(kind, row, before, by);
    const stream = streamOf(row.table);
    const columns = [...columnsOf(row.table).keys()].filter((name) => !name.startsWith('sys_'));
    desk.note({
      kind, ...(stream !== undefined && { stream }), externalId: idOf(row), at, by: by === CREDENTIALS.username ? 'api' : by === SYSTEM ? 'rule' : 'person',
      changed: kind === 'delete' ? [] : columns.filter((name) => (before[name] ?? '') !== (row.values[name] ?? '')),
      before: kind === 'create' ? {} : filled(row.table, before), after: kind === 'delete' ? {} : filled(row.table, row.values),
    });
  };
  const instance = { store, switches, hidden, tables, desk, fresh: new Map<string, number>(), native: new Map<string, string>(), pageLimit: () => limits.pageSize, shuffle: () => { reads += 1; return reads; } };

  /** The customer's rule, from the limits of the suite or the switch of the instance. */
  const rule = (): RateRule | undefined => {
    if (limits.rule !== undefined && limits.given === undefined) return limits.rule;
    if (switches.requestsPerHour === undefined) return undefined;
    if (limits.given !== switches.requestsPerHour) { limits.rule = new RateRule(switches.requestsPerHour); limits.given = switches.requestsPerHour; }
    return limits.rule;
  };

  const faults = new FaultSet({
    unauthorised, forbidden: () => failure(403, 'Insufficient rights to query records'),
    throttled: (request, ms) => tooMany(100, Math.ceil(ms / 1_000), { 'x-ratelimit-limit': '100', 'x-ratelimit-reset': String(Math.ceil((request.at + ms) / 1_000)), 'x-ratelimit-rule': sysId('rule') }),
    dropped: () => ({ status: 202 }),
    serverError: (_, status) => (status === 500 ? failure(500, QUOTA_MESSAGE, QUOTA_DETAIL) : htmlAnswer(status, '<html><body><h1>Service unavailable</h1></body></html>')),
  }, [...DATA_FAULTS, 'error_in_200']);

  const resource = (request: SandboxRequest): SandboxAnswer => {
    if (BATCH.test(request.path)) return switches.batch ? answerBatch(instance, request, resource) : noResource(request.path);
    const engine = ENGINE.exec(request.path)?.[1];
    if (engine !== undefined) return answerEngine(instance, request, engine === 'queryEnhanced');
    const [, version, api, table = '', id] = RESOURCE.exec(request.path) ?? [];
    if (api === undefined || !VERSIONS.includes(version) || (api === 'stats' && id !== undefined)) return noResource(request.path);
    const accept = request.headers['accept'];
    if (accept === undefined) return failure(400, 'Accept header is missing');
    if (!/application\/json|application\/\*|\*\/\*/i.test(accept)) return failure(406, 'Not acceptable', accept);
    const limit = api === 'table' ? rule() : undefined;
    const answer = limit?.check(request.now) ?? (api === 'table' ? answerTable(instance, request, table, id, version ?? 'v2') : answerStats(instance, request, table));
    return limit === undefined ? answer : { ...answer, headers: { ...limit.headers(request.now), ...answer.headers } };
  };

  const server = await startServer({
    clock, port: options.port, tls: options.tls, faults,
    classify: (_method, path) => {
      if (path === '/oauth_token.do') return { purpose: 'auth' };
      if (BATCH.test(path)) return { purpose: 'data' };
      // the dry run of the engine writes nothing
      if (ENGINE.test(path)) return { purpose: path.endsWith('queryEnhanced') ? 'other' : 'data' };
      const table = RESOURCE.exec(path)?.[3];
      if (table === undefined || /^sys_(choice|db_object|dictionary)$/.test(table)) return { purpose: 'other' };
      const stream = streamOf(table);
      return { purpose: 'data', ...(stream !== undefined && { stream }) };
    },
    answer: (request) => {
      desk.settle(request.now);
      if (switches.hibernating) return htmlAnswer(200, '<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head><body>Your instance is hibernating.</body></html>');
      if (request.path.length + request.log.rawQuery.length > LONGEST_TARGET) return htmlAnswer(400, '<!doctype html><html><body><h1>HTTP Status 400 - Bad Request</h1><p>Request header is too large</p></body></html>');
      if (request.path === '/oauth_token.do') return tokens.answer(request);
      if (!request.path.startsWith('/api/')) return noResource(request.path);
      return sessions.run(request, () => (tokens.accepts(request) ? resource(request) : unauthorised()));
    },
  });

  const authMethods = Object.keys(AUTH);
  const auth = (method = options.authMethod ?? 'oauth_client_credentials'): SourceConfig['auth'] => {
    const keys = AUTH[method];
    if (keys === undefined) throw new RangeError(`${method} is none of ${authMethods.join(', ')}`);
    return { method, ...keys };
  };
  const streams = Object.keys(STREAM_TABLES);
  const tablesOf = (stream: string): readonly string[] => (STREAM_TABLES[stream]?.read ?? []).filter((name) => tables.has(name) && (name !== 'cmdb_software_instance' || !switches.sam));
  const deliveries = rulesOf({ store, seed: seedNumber, integration: CREDENTIALS.username, tablesOf, now: server.now });

  return {
    name: NAME, url: server.url, streams, authMethods, auth, switches, faults,
    sourceConfig: (overrides = {}) => ({
      name: `${NAME}-sandbox`, connector: NAME, role: 'itsm', baseUrl: server.url, auth: auth(), streams: ['computers', 'network', 'vms', 'assets', 'relationships'],
      options: {}, folder: process.cwd(), ...overrides,
    }),
    yaml: (name, extra = []) => [
      `${name}:`, `  connector: ${NAME}`, `  baseUrl: ${server.url}`,
      `  auth: { method: ${auth().method}, ${Object.keys(AUTH[auth().method] ?? {}).map((key) => `${key}: "\${env:${VARIABLES[key] ?? ''}}"`).join(', ')} }`,
      ...extra.map((line) => `  ${line}`),
    ].map((line) => `  ${line}\n`).join(''),
    env: () => Object.fromEntries(Object.keys(AUTH[auth().method] ?? {}).map((key) => [VARIABLES[key] ?? '', AUTH[auth().method]?.[key] ?? ''])),
    secrets: () => [CREDENTIALS.clientSecret, CREDENTIALS.password, CREDENTIALS.apiKey, ...tokens.secrets],
    truth: (stream) => { desk.settle(server.now()); return truthOf(store, stream, tablesOf(stream), origins); },
    requests: server.requests, clearRequests: server.clearRequests, peak: server.peak,
    edit: editsOf(store, switches, tables, server.now, (now) => desk.settle(now)),
    writes: {
      supported: desk.supported, clear: () => desk.clear(), journal: () => desk.journal(), clearJournal: () => desk.clearJournal(),
      inject: (given) => {
        // the dictionary says what is read-only
        if (given.kind === 'read_only') for (const row of store.all('sys_dictionary')) if (given.fields.includes(row.values['element'] ?? '')) store.put(row.table, { ...row.values, read_only: 'true' });
        return desk.inject(given);
      },
    },
    setLimits: ({ pageSize, rate }) => {
      limits.pageSize = pageSize;
      limits.rule = rate && new RateRule(rate.requests, rate.perMs);
      limits.given = undefined;
    },
    deliveries,
    setClockSkew: server.setClockSkew,
    hide: (_stream, ids) => { for (const id of ids) hidden.add(id); },
    revokeTokens: () => tokens.revoke(),
    close: server.close,
  };
}

export const sandbox: SandboxModule = { name: NAME, start };
