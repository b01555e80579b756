import type { SourceConfig } from '../../sdk/contract/index.js';
import {
  bendPage, DATA_FAULTS, FaultSet, htmlAnswer, machineClock, RollingWindow, startServer, type Sandbox, type SandboxAnswer, type SandboxModule, type SandboxOptions,
  type SandboxRequest,
} from '../../sdk/sandbox/index.js';
import { editsOf, factsOf } from './edits.js';
import { pageOf, writeFeeds, writeOneFile } from './feeds.js';
import { LARGEST_PAGE, readFilter, Refusal } from './parameters.js';
import { loadSample, multiply, Records, type Cve } from './records.js';

export { writeFeeds } from './feeds.js';
export { loadSample } from './records.js';

export interface NvdSwitches {
  /** Records in all; beyond the 191 real ones they are repeated under fresh ids. Read at the start. */
  records?: number;
  /** Pages above this are refused with 404, as in March 2026 for some hours. */
  refusePagesAbove: number | undefined;
  /** Whether the key is active: a new one takes some minutes, a replaced one is dead. */
  keyActive: boolean;
}

/** Beyond the common interface. */
export interface NvdSandbox extends Sandbox {
  readonly switches: NvdSwitches;
  /** The present records as a folder of feed files, for sites without internet. Returns the names of the `.json.gz` files. */
  writeFeeds(folder: string): Promise<readonly string[]>;
}

const NAME = 'nvd';
const STREAM = 'vulnerabilities';
const PATH = '/rest/json/cves/2.0';
const API_KEY = '0b9c7a52-3e1d-4f86-9a57-c2d1e08f6b43';
const WINDOW_MS = 30_000;

/** The reason stands in a header; the body is empty. */
const refuse = (message: string): SandboxAnswer => ({ status: 404, headers: { message } });
/** Over the rate: no Retry-After, no 429. */
const overRate = (): SandboxAnswer => htmlAnswer(403, '<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n');
const overloaded = (status: number): SandboxAnswer => htmlAnswer(status, `<html><body><h1>${status} Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n`);

export async function start(options: SandboxOptions = {}): Promise<NvdSandbox> {
  const clock = options.clock ?? machineClock;
  const unknown = Object.keys(options.vendor ?? {}).filter((key) => !['records', 'refusePagesAbove', 'keyActive'].includes(key));
  if (unknown.length > 0) throw new RangeError(`unknown switch of the sandbox: ${unknown.join(', ')}`);
  const switches: NvdSwitches = { refusePagesAbove: undefined, keyActive: true, ...options.vendor };
  const sample = await loadSample();
  const records = new Records(multiply(sample, switches.records ?? sample.length));
  let pageSize: number | undefined;
  let windows = { keyless: new RollingWindow(5, WINDOW_MS), keyed: new RollingWindow(50, WINDOW_MS) };

  const faults = new FaultSet({
    unauthorised: () => refuse('Invalid apiKey.'), forbidden: overRate, throttled: overRate,
    serverError: (_, status) => (status === 503 ? overloaded(503) : htmlAnswer(status, `<html><body><h1>${status}</h1></body></html>\n`)),
  }, DATA_FAULTS);

  const answer = (request: SandboxRequest): SandboxAnswer => {
    const key = request.headers['apikey'];
    const known = key === API_KEY && switches.keyActive;
    if (!(known ? windows.keyed : windows.keyless).take(request.now)) return overRate();
    if (request.path !== PATH || request.method !== 'GET') return { status: 404 };
    if (key !== undefined && !known) return refuse('Invalid apiKey.');
    try {
      return cves(request, known);
    } catch (error) {
      if (error instanceof Refusal) return refuse(error.message);
      throw error;
    }
  };

  const cves = (request: SandboxRequest, known: boolean): SandboxAnswer => {
    const filter = readFilter(request.params, Math.min(LARGEST_PAGE, switches.refusePagesAbove ?? LARGEST_PAGE));
    const found = records.all().filter(filter.keep).filter(tenth(request));
    const size = Math.min(filter.resultsPerPage, pageSize ?? filter.resultsPerPage);
    const whole = request.fault?.kind === 'returns_nothing' ? [] : found;
    const page = bendPage<Cve>(request.fault?.kind === 'returns_tenth' ? undefined : request.fault, { rows: whole.slice(filter.startIndex, filter.startIndex + size), total: whole.length }, {
      previous: () => (filter.startIndex > 0 ? found[filter.startIndex - 1] : undefined),
      spoil: (cve) => ({ id: cve.id, published: null, lastModified: 17, descriptions: 'none', vulnStatus: null, metrics: [] }) as unknown as Cve,
    });
    return {
      status: 200, headers: { 'content-type': 'application/json', ...(known && { apikey: 'Yes' }) },
      body: JSON.stringify(pageOf(page.rows, filter.startIndex, page.total, request.now)),
    };
  };

  const server = await startServer({
    clock, port: options.port, tls: options.tls, faults, answer,
    classify: (_method, path) => (path === PATH ? { purpose: 'data', stream: STREAM } : { purpose: 'other' }),
  });

  const authMethods = ['none', 'api_key'];
  const auth = (method = options.authMethod ?? 'none'): SourceConfig['auth'] => {
    if (!authMethods.includes(method)) throw new RangeError(`${method} is none of ${authMethods.join(', ')}`);
    return method === 'none' ? { method } : { method, apiKey: API_KEY };
  };
  const keyed = (): boolean => auth().method === 'api_key';
  return {
    name: NAME, url: server.url, streams: [STREAM], authMethods, auth, switches, faults,
    sourceConfig: (overrides = {}) => ({
      name: `${NAME}-sandbox`, connector: NAME, role: 'vulnerability', baseUrl: server.url, auth: auth(), streams: [STREAM], options: {}, folder: process.cwd(), ...overrides,
    }),
    yaml: (name, extra = []) => [
      `${name}:`, `  connector: ${NAME}`, `  baseUrl: ${server.url}`, `  auth: { method: ${auth().method}${keyed() ? ', apiKey: "${env:SANDBOX_NVD_API_KEY}"' : ''} }`,
      ...extra.map((line) => `  ${line}`),
    ].map((line) => `  ${line}\n`).join(''),
    yamlFromFiles: async (name, folder) =>
      [`${name}:`, `  connector: ${NAME}`, '  auth: { method: none }', `  options: { files: [${JSON.stringify(await writeOneFile(folder, records.all(), server.now()))}] }`].map((line) => `  ${line}\n`).join(''),
    env: () => (keyed() ? { SANDBOX_NVD_API_KEY: API_KEY } : {}) as Record<string, string>,
    secrets: () => [API_KEY],
    truth: (stream) => new Map(stream === STREAM ? records.all().map((cve) => [cve.id, factsOf(cve)]) : []),
    requests: server.requests, clearRequests: server.clearRequests, peak: server.peak,
    edit: editsOf(records, STREAM, server.now),
    setLimits: (limits) => {
      pageSize = limits.pageSize;
      const make = (requests: number): RollingWindow => new RollingWindow(limits.rate?.requests ?? requests, limits.rate?.perMs ?? WINDOW_MS);
      windows = { keyless: make(5), keyed: make(50) };
    },
    setClockSkew: server.setClockSkew,
    writeFeeds: (folder) => writeFeeds(folder, records.all(), server.now()),
    close: server.close,
  };
}

/** A result that shrank to a tenth: the same tenth on every page. */
function tenth(request: SandboxRequest): (cve: Cve) => boolean {
  if (request.fault?.kind !== 'returns_tenth') return () => true;
  return ({ id }) => Number(id.replace(/\D/g, '')) % 10 === 0;
}

export const sandbox: SandboxModule = { name: NAME, start };
