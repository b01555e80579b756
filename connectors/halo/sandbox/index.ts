import type { SourceConfig } from '../../sdk/contract/index.js';
import {
  createFleet, DATA_FAULTS, FaultSet, htmlAnswer, jsonAnswer, machineClock, RollingWindow, startServer, WriteDesk,
  type Sandbox, type SandboxAnswer, type SandboxModule, type SandboxOptions, type SandboxRequest, type Writes,
} from '../../sdk/sandbox/index.js';
import { exception, forbidden, notFound, unauthorised, undescribed } from './answers.js';
import { covers, CREDENTIALS, Tokens } from './auth.js';
import { webhookOf } from './deliveries.js';
import { editsOf } from './edits.js';
import type { Instance, Written } from './instance.js';
import { listAssets, listOthers, listTypes, readAsset, readLookup, readOther, readType, ticketStatuses } from './reading.js';
import { seed } from './seed.js';
import { Store } from './store.js';
import { readSwitches, type Switches } from './switches.js';
import { truthOf } from './truth.js';
import { deleteAsset, runOwnRules, writeAssets } from './writing.js';

export type { Written } from './instance.js';
export type { Switches } from './switches.js';

/** Beyond the common interface: the switches of the instance, changeable at any time, and what was written to it. */
export interface HaloSandbox extends Sandbox {
  readonly switches: Switches;
  /** Every write and attempt at one, in order; the instance's own rules too. */
  readonly audit: readonly Written[];
  clearAudit(): void;
  readonly writes: Writes;
  /** Ends all tokens, as a change of the application's secret does. */
  revokeTokens(): void;
}

const NAME = 'halo';
const METHOD = 'oauth_client_credentials';
const STREAMS = ['assets', 'relationships', 'users', 'sites', 'suppliers'];
const VARIABLES: Readonly<Record<string, string>> = { clientId: 'SANDBOX_HALO_CLIENT_ID', clientSecret: 'SANDBOX_HALO_CLIENT_SECRET' };
const KEYS: Readonly<Record<string, string>> = { clientId: CREDENTIALS.clientId, clientSecret: CREDENTIALS.clientSecret };
/** No limit stands on premises: a demonstration need not be paced. */
const OPTIONS = { requestsPerMinute: 60_000 };

/** Route names are case-insensitive. `part`: of the scopes. */
const RESOURCES: Readonly<Record<string, { readonly part: string; readonly stream?: string }>> = {
  asset: { part: 'assets', stream: 'assets' }, assettype: { part: 'assets' }, lookup: { part: 'assets' }, status: { part: 'tickets' },
  users: { part: 'customers', stream: 'users' }, site: { part: 'customers', stream: 'sites' }, supplier: { part: 'suppliers', stream: 'suppliers' },
};
const PATH = /^\/api\/([a-z]+)(?:\/(\d+))?$/i;

export async function start(options: SandboxOptions = {}): Promise<HaloSandbox> {
  const clock = options.clock ?? machineClock;
  const switches = readSwitches(options.vendor);
  const store = new Store();
  const origins = seed(store, options.fleet ?? createFleet());
  const tokens = new Tokens(options.seed ?? 1, switches);
  const limits: { pageSize?: number | undefined; window?: RollingWindow | undefined } = {};
  let turns = 0;
  const desk = new WriteDesk(['ignore', 'normalise', 'own_rule', 'read_only', 'refuse', 'throttle']);
  const instance: Instance = { store, switches, desk, audit: [], pending: [], pageLimit: () => limits.pageSize, turn: () => turns };

  const faults = new FaultSet({ unauthorised, forbidden, serverError: (_, status) => exception(status, 'Object reference not set to an instance of an object.') }, DATA_FAULTS);

  /** Within the limit: undefined. A 429 names no time unless the instance is told to. */
  const tooMany = (now: number): SandboxAnswer | undefined => {
    if (limits.window === undefined && switches.requestsPer5Minutes !== undefined) limits.window = new RollingWindow(switches.requestsPer5Minutes, 300_000);
    if (limits.window?.take(now) !== false) return undefined;
    return { status: 429, ...(switches.retryAfter !== undefined && { headers: { 'retry-after': String(switches.retryAfter) } }) };
  };

  const resource = (request: SandboxRequest): SandboxAnswer => {
    const [, given = '', id] = PATH.exec(request.path) ?? [];
    const name = given.toLowerCase();
    const known = RESOURCES[name];
    if (known === undefined) return notFound();
    const scopes = tokens.scopesOf(request);
    if (scopes === undefined) return unauthorised();
    const limited = tooMany(request.now);
    if (limited !== undefined) return limited;
    const writes = request.method !== 'GET';
    if (writes && name !== 'asset') return undescribed(`${request.method} ${request.path} is not stood in for`);
    if (!covers(scopes, `${writes ? 'edit' : 'read'}:${known.part}`) || switches.denied.includes(name)) return forbidden();
    return writes ? write(request, id) : read(request, name, id);
  };
  const write = (request: SandboxRequest, id: string | undefined): SandboxAnswer => {
    if (request.method === 'POST' && id === undefined) return writeAssets(instance, request);
    if (request.method === 'DELETE' && id !== undefined) return deleteAsset(instance, request, Number(id));
    // there is no PUT or PATCH
    return { status: 405 };
  };
  const read = (request: SandboxRequest, name: string, id: string | undefined): SandboxAnswer => {
    const number = id === undefined ? undefined : Number(id);
    switch (name) {
      case 'asset': return number === undefined ? listAssets(instance, request) : readAsset(instance, request, number);
      case 'assettype': return number === undefined ? listTypes(request) : readType(request, number);
      case 'lookup': return number === undefined ? readLookup(instance, request) : notFound();
      case 'status': return ticketStatuses();
      default: {
        const table = name === 'users' ? 'users' : name === 'site' ? 'sites' : 'suppliers';
        return number === undefined ? listOthers(instance, request, table) : readOther(instance, request, table, number);
      }
    }
  };

  const server = await startServer({
    clock, port: options.port, tls: options.tls, faults,
    classify: (_method, path) => {
      if (/^\/(auth\/|api\/authinfo$)/i.test(path)) return { purpose: 'auth' };
      const [, name = '', id] = PATH.exec(path) ?? [];
      const stream = RESOURCES[name.toLowerCase()]?.stream;
      return stream === undefined ? { purpose: 'other' } : { purpose: 'data', stream: stream === 'assets' && id !== undefined ? 'relationships' : stream };
    },
    answer: (request) => {
      turns += 1;
      if (switches.down) return htmlAnswer(503, '<html><body><h1>Service Unavailable</h1></body></html>');
      runOwnRules(instance, request.now);
      desk.settle(request.now);
      const path = request.path.toLowerCase();
      if (path === '/api/authinfo') return switches.authUrl === null ? notFound() : jsonAnswer(200, { auth_url: switches.authUrl ?? `${request.origin}/auth`, tenant_id: switches.hosted ? CREDENTIALS.tenant : '' });
      return path === '/auth/token' ? tokens.answer(request) : resource(request);
    },
  });

  const auth = (method: string = METHOD): SourceConfig['auth'] => {
    if (method !== METHOD) throw new RangeError(`${method} is not ${METHOD}`);
    return { method, ...KEYS };
  };
  return {
    name: NAME, url: server.url, streams: STREAMS, authMethods: [METHOD], auth, switches, faults, audit: instance.audit,
    sourceConfig: (overrides = {}) => ({
      name: `${NAME}-sandbox`, connector: NAME, role: 'itsm', baseUrl: server.url, auth: auth(), streams: ['assets', 'relationships'], options: { ...OPTIONS, defaultSite: '1' }, push: { enabled: true }, folder: process.cwd(), ...overrides,
    }),
    yaml: (name, extra = []) => [
      `${name}:`, `  connector: ${NAME}`, `  baseUrl: ${server.url}`,
      `  auth: { method: ${METHOD}, ${Object.keys(KEYS).map((key) => `${key}: "\${env:${VARIABLES[key] ?? ''}}"`).join(', ')} }`,
      ...(extra.some((line) => line.startsWith('options:')) ? [] : [`  options: { requestsPerMinute: ${OPTIONS.requestsPerMinute} }`]),
      ...extra.map((line) => `  ${line}`),
    ].map((line) => `  ${line}\n`).join(''),
    env: () => Object.fromEntries(Object.entries(KEYS).map(([key, value]) => [VARIABLES[key] ?? '', value])),
    secrets: () => [CREDENTIALS.clientSecret, ...tokens.secrets],
    truth: (stream) => { desk.settle(server.now()); return truthOf(store, stream, origins); },
    requests: server.requests, clearRequests: server.clearRequests, peak: server.peak,
    edit: editsOf(store, switches, desk, server.now),
    writes: { supported: desk.supported, inject: (rule) => desk.inject(rule), clear: () => desk.clear(), journal: () => desk.journal(), clearJournal: () => desk.clearJournal() },
    setLimits: ({ pageSize, rate }) => {
      limits.pageSize = pageSize;
      limits.window = rate && new RollingWindow(rate.requests, rate.perMs);
    },
    deliveries: webhookOf(store, desk, options.seed ?? 1, server.now),
    setClockSkew: server.setClockSkew,
    clearAudit: () => { instance.audit.length = 0; },
    revokeTokens: () => tokens.revoke(),
    close: server.close,
  };
}

export const sandbox: SandboxModule = { name: NAME, start };
