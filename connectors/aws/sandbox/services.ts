import type { SandboxRequest } from '../../sdk/sandbox/server.js';
import type { Accounts } from './accounts.js';
import { authenticate } from './caller.js';
import type { Cloud } from './cloud.js';
import { EC2_ACTIONS } from './ec2.js';
import { EC2_VERSION } from './ec2-common.js';
import { Params } from './params.js';
import type { Passes } from './passes.js';
import { callerRefusal, Refusal, refusalAnswer, xmlAnswer, type Answer, type Protocol } from './refusal.js';
import { parseAuthorization } from './sigv4.js';
import { STS_ACTIONS, STS_VERSION } from './sts.js';
import { BUCKETS, type TokenBuckets } from './throttle.js';

/** Everything that stands behind the one endpoint. */
export interface World {
  readonly accounts: Accounts;
  readonly cloud: Cloud;
  readonly passes: Passes;
  readonly buckets: TokenBuckets | undefined;
  /** Most records of a page, below the documented maximum. */
  pageLimit: number;
  /** A rate set from outside, beside the buckets; true when the request is within it. */
  withinRate: (now: number) => boolean;
}

/** Services that a client may ask for and that this stand-in does not have: refused in their own protocol. */
const JSON_SERVICES = new Set(['ssm', 'config', 'organizations', 'tagging', 'resource-explorer-2', 'sqs']);

/** One endpoint for all services: the scope of the signature says which, else the API version that is asked for. */
export function serviceOf(headers: Readonly<Record<string, string>>, params: URLSearchParams): string {
  const scoped = parseAuthorization(headers['authorization'] ?? '')?.service;
  if (scoped !== undefined) return scoped;
  if (headers['x-amz-target'] !== undefined) return 'json';
  return params.get('Version') === STS_VERSION ? 'sts' : 'ec2';
}

export const protocolOf = (service: string): Protocol => (service === 'ec2' ? 'ec2' : JSON_SERVICES.has(service) || service === 'json' ? 'json' : 'query');

/** The Query API takes its parameters from the form or from the query. */
export function parametersOf(headers: Readonly<Record<string, string>>, body: string, rawQuery: string): URLSearchParams {
  const form = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '') ? body : '';
  return new URLSearchParams([rawQuery, form].filter((part) => part !== '').join('&'));
}

export function answer(world: World, request: SandboxRequest, requestId: string): Answer {
  const params = parametersOf(request.headers, request.body, request.log.rawQuery);
  const service = serviceOf(request.headers, params);
  const protocol = protocolOf(service);
  try {
    if (request.path !== '/') return { status: 404, headers: { 'content-type': 'text/xml' }, body: '<UnknownOperationException/>' };
    if (request.method !== 'POST' && request.method !== 'GET') return { status: 405, headers: { allow: 'GET, POST' }, body: '' };
    return xmlAnswer(requestId, dispatch(world, request, params, service, protocol, requestId));
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(protocol, error, requestId);
    throw error;
  }
}

function dispatch(world: World, request: SandboxRequest, pairs: URLSearchParams, service: string, protocol: Protocol, requestId: string): string {
  const action = pairs.get('Action') ?? '';
  const version = pairs.get('Version') ?? '';
  const parts = { method: request.method, path: request.path, rawQuery: request.log.rawQuery, headers: request.headers, body: request.body };
  const { principal, region } = authenticate(parts, parseAuthorization(request.headers['authorization'] ?? ''), protocol, world.accounts, request.now);

  if (protocol === 'json') throw new Refusal(400, 'UnknownOperationException', '');
  if (service !== 'ec2' && service !== 'sts') throw new Refusal(400, 'InvalidAction', `Could not find operation ${action} for version ${version}`);
  if (action === '') throw new Refusal(400, 'MissingAction', 'The request is missing an action or operation parameter.');
  const known = service === 'ec2' ? EC2_ACTIONS : STS_ACTIONS;
  if (!Object.hasOwn(known, action) || version !== (service === 'ec2' ? EC2_VERSION : STS_VERSION)) {
    throw new Refusal(400, 'InvalidAction', service === 'ec2' ? `The action ${action} is not valid for this web service.` : `Could not find operation ${action} for version ${version}`);
  }
  throttle(world, service, action, `${principal.account}/${region}/${action}`, pairs, request.now);

  const params = new Params([...pairs].filter(([name]) => name !== 'Action' && name !== 'Version'));
  if (service === 'sts') {
    const run = STS_ACTIONS[action];
    return (run as NonNullable<typeof run>)({ principal, region, accounts: world.accounts, now: request.now, requestId }, params);
  }
  if (!world.accounts.allows(principal, `ec2:${action}`)) {
    throw callerRefusal('ec2', 'forbidden', `You are not authorized to perform this operation. User: ${principal.arn} is not authorized to perform: ec2:${action} because no identity-based policy allows the ec2:${action} action`);
  }
  const run = EC2_ACTIONS[action];
  return (run as NonNullable<typeof run>)({ principal, region, accounts: world.accounts, cloud: world.cloud, passes: world.passes, now: request.now, requestId, fault: request.fault, pageLimit: world.pageLimit }, params);
}

export const throttledRefusal = (service: string): Refusal =>
  (service === 'ec2' ? new Refusal(503, 'RequestLimitExceeded', 'Request limit exceeded.') : new Refusal(400, 'Throttling', 'Rate exceeded'));

function throttle(world: World, service: string, action: string, key: string, pairs: URLSearchParams, now: number): void {
  if (!world.withinRate(now)) throw throttledRefusal(service);
  if (world.buckets === undefined) return;
  const narrowed = pairs.has('MaxResults') || pairs.has('NextToken') || [...pairs.keys()].some((name) => /^(Filter|InstanceId|VolumeId|InstanceType|NetworkInterfaceId|RegionName)\./.test(name));
  const paged = narrowed || action === 'DescribeRegions';
  const size = service === 'sts' ? BUCKETS.sts : action === 'CreateTags' ? BUCKETS.createTags : paged ? BUCKETS.describe : BUCKETS.unpaged;
  if (!world.buckets.take(size === BUCKETS.unpaged ? `${key}/unpaged` : key, size, now)) throw throttledRefusal(service);
}
