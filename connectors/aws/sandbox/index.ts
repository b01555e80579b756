import { createHash } from 'node:crypto';
import type { SourceConfig } from '../../sdk/contract/index.js';
import { FaultSet } from '../../sdk/sandbox/faults.js';
import { createFleet } from '../../sdk/sandbox/fleet.js';
import { RollingWindow } from '../../sdk/sandbox/limits.js';
import { machineClock, startServer } from '../../sdk/sandbox/server.js';
import type { LoggedRequest, RequestPurpose, Sandbox, SandboxModule, SandboxOptions } from '../../sdk/sandbox/types.js';
import { Accounts } from './accounts.js';
import { Cloud } from './cloud.js';
import { editsOf, type AwsEdits } from './edits.js';
import { fillFromFleet, regionIn } from './from-fleet.js';
import type { AwsSandboxOptions } from './options.js';
import { PARTITIONS } from './partition.js';
import { Passes } from './passes.js';
import { callerRefusal, Refusal, refusalAnswer, type Answer } from './refusal.js';
import { answer, parametersOf, protocolOf, serviceOf, throttledRefusal, type World } from './services.js';
import { TokenBuckets } from './throttle.js';
import { truthOf } from './truth.js';

export type { AwsSandboxOptions } from './options.js';
export type { AwsEdits } from './edits.js';

/** Beside what every sandbox can: the moves of an administrator. */
export interface AwsSandbox extends Sandbox {
  readonly edit: AwsEdits;
  readonly accountIds: readonly string[];
  readonly roleName: string;
  readonly roleExternalId: string | null;
  /** Nobody may assume the role of this account any more, or again. */
  denyAccount(account: string, denied?: boolean): void;
  /** A policy stops allowing an action, or allows it again: `ec2:DescribeVolumes`, `111122223333 ec2:DescribeVolumes`. */
  denyAction(action: string, denied?: boolean): void;
  setOptIn(region: string, on: boolean): void;
  /** All sessions end now, as if their hour were over. */
  expireSessions(): void;
  /** All page tokens are refused from now on. */
  expireTokens(): void;
}

/** The action that a request asks for, e.g. `DescribeInstances`; empty: none. */
export const actionOf = (request: Pick<LoggedRequest, 'headers' | 'body' | 'rawQuery'>): string =>
  parametersOf(request.headers, request.body, request.rawQuery).get('Action') ?? '';

const PURPOSES: Readonly<Record<string, { readonly purpose: RequestPurpose; readonly stream?: string }>> = {
  DescribeInstances: { purpose: 'data', stream: 'instances' }, DescribeVolumes: { purpose: 'data', stream: 'volumes' },
  AssumeRole: { purpose: 'auth' }, GetCallerIdentity: { purpose: 'auth' },
};

export async function startAwsSandbox(options: SandboxOptions = {}): Promise<AwsSandbox> {
  const vendor = (options.vendor ?? {}) as AwsSandboxOptions;
  const seed = options.seed ?? 1;
  const clock = options.clock ?? machineClock;
  const partition = vendor.partition ?? 'aws';
  const { home } = PARTITIONS[partition];
  const fleet = vendor.instances === undefined && vendor.volumes === undefined ? options.fleet ?? createFleet() : undefined;
  const cloud = new Cloud(partition, { terminatedForMs: vendor.terminatedForMs ?? options.goneShowsForMs ?? 3_600_000, tagLagMs: vendor.tagLagMs ?? 0, recordIds: vendor.recordIds ?? 'arn' });
  if (fleet !== undefined) fillFromFleet(cloud, fleet, clock.now());
  for (const stream of ['instances', 'volumes'] as const) for (const record of vendor[stream] ?? []) cloud.add(stream, record);

  const held = [...cloud.all('instances', -Infinity), ...cloud.all('volumes', -Infinity)];
  const accountIds = vendor.accounts ?? orDefault([...new Set(held.map((resource) => resource.account))].sort(), ['111122223333']);
  const notOptedIn = vendor.notOptedIn ?? (partition === 'aws' ? ['me-central-1'] : []);
  const regions = vendor.regions ?? [...new Set([home, ...held.map((resource) => resource.region), ...notOptedIn])].sort();
  const accounts = new Accounts(partition, accountIds, regions, seed, { ...vendor, notOptedIn });
  const enabled = accounts.regions.filter((region) => region.optIn !== 'not-opted-in').map((region) => region.name);

  const world: World = {
    accounts, cloud, passes: new Passes(seed, vendor.emptyPages ?? true), buckets: vendor.throttle === false ? undefined : new TokenBuckets(),
    pageLimit: Infinity, withinRate: () => true,
  };
  let count = 0;
  const requestId = (): string => {
    count += 1;
    const digits = createHash('sha256').update(`${seed}/${count}`).digest('hex');
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
  };
  const refusing = (of: (service: string) => Refusal) => (request: LoggedRequest): Answer => {
    const service = serviceOf(request.headers, parametersOf(request.headers, request.body, request.rawQuery));
    return refusalAnswer(protocolOf(service), of(service), requestId());
  };
  const faults = new FaultSet({
    unauthorised: refusing((service) => callerRefusal(protocolOf(service), 'unknown_key')),
    forbidden: refusing((service) => callerRefusal(protocolOf(service), 'forbidden')),
    throttled: refusing(throttledRefusal),
    serverError: (request, status) => refusing((service) => new Refusal(status, status === 503 ? (service === 'ec2' ? 'Unavailable' : 'ServiceUnavailable') : service === 'ec2' ? 'InternalError' : 'InternalFailure', 'An internal error has occurred'))(request),
    cursorRefused: refusing(() => new Refusal(400, 'InvalidPaginationToken', 'The specified pagination token is not valid or is expired.')),
  }, ['duplicate_across_pages', 'empty_page', 'returns_nothing', 'returns_tenth', 'bad_record']);

  const server = await startServer({
    clock, port: options.port, faults,
    classify: (_method, _path, params, { headers, body }) => PURPOSES[actionOf({ headers, body, rawQuery: params.toString() })] ?? { purpose: 'other' },
    answer: (request) => answer(world, request, requestId()),
    tooLarge: () => refusalAnswer('query', new Refusal(413, 'RequestEntityTooLarge', 'Request entity too large'), requestId()),
  });

  const method = options.authMethod ?? 'static';
  const env: Readonly<Record<string, string>> = method === 'default'
    ? { AWS_ACCESS_KEY_ID: accounts.user.accessKeyId, AWS_SECRET_ACCESS_KEY: accounts.user.secret }
    : { AWS_SANDBOX_SECRET: accounts.user.secret };
  const auth = (wanted: string = method): SourceConfig['auth'] => {
    if (wanted === 'default') return { method: 'default' };
    if (wanted !== 'static') throw new RangeError(`no method ${wanted}`);
    return { method: 'static', accessKeyId: accounts.user.accessKeyId, secretAccessKey: accounts.user.secret };
  };
  const assumeRole = { roleName: accounts.roleName, ...(accounts.externalId !== null && { externalId: accounts.externalId }) };

  return {
    name: 'aws', url: server.url, streams: ['instances', 'volumes'], authMethods: ['static', 'default'], auth,
    sourceConfig: (overrides = {}) => ({
      name: 'aws', connector: 'aws', role: 'cloud', baseUrl: server.url, auth: auth(), streams: ['instances', 'volumes'],
      options: { regions: enabled, accounts: [...accountIds], assumeRole }, folder: process.cwd(), ...overrides,
    }),
    yaml: (name, extra = []) => [
      `  ${name}:`, '    connector: aws', `    baseUrl: ${server.url}`,
      method === 'default' ? '    auth: { method: default }' : `    auth: { method: static, accessKeyId: ${accounts.user.accessKeyId}, secretAccessKey: "\${env:AWS_SANDBOX_SECRET}" }`,
      '    options:', `      regions: [${enabled.join(', ')}]`, `      accounts: [${accountIds.map((id) => `"${id}"`).join(', ')}]`,
      `      assumeRole: { ${Object.entries(assumeRole).map(([key, value]) => `${key}: ${value}`).join(', ')} }`,
      ...extra.map((line) => `    ${line}`), '',
    ].join('\n'),
    env: () => env,
    secrets: () => accounts.secrets(),
    truth: (stream) => truthOf(cloud, stream, server.now()),
    requests: server.requests, clearRequests: server.clearRequests,
    faults,
    edit: editsOf(cloud, { account: accountIds[0] as string, zone: `${regionIn(partition, enabled.includes('eu-west-1') ? 'eu-west-1' : enabled[0] ?? home)}a` }, server.now),
    setLimits: ({ pageSize, rate }) => {
      world.pageLimit = pageSize ?? Infinity;
      const window = rate && new RollingWindow(rate.requests, rate.perMs);
      world.withinRate = window ? (now) => window.take(now) : () => true;
    },
    setClockSkew: server.setClockSkew,
    close: server.close,
    accountIds, roleName: accounts.roleName, roleExternalId: accounts.externalId,
    denyAccount: (account, denied = true) => { if (denied) accounts.deny(account); else accounts.admit(account); },
    denyAction: (action, denied = true) => { if (denied) accounts.forbid(action); else accounts.permit(action); },
    setOptIn: (region, on) => accounts.setOptIn(region, on),
    expireSessions: () => accounts.expireSessions(server.now()),
    expireTokens: () => world.passes.expire(),
  };
}

const orDefault = <T>(list: readonly T[], fallback: readonly T[]): readonly T[] => (list.length > 0 ? list : fallback);

export const sandbox: SandboxModule = { name: 'aws', start: startAwsSandbox };
