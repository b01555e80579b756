import {
  AuthenticationError, InterruptedError, NotFoundError, PermissionError, ProtocolError, RateLimitedError, RejectedError, SourceConfigurationError, UnavailableError,
  type RequestSummary, type SourceError,
} from '../sdk/contract/index.js';
import { printable, retryAfterMs, type Redactor } from '../sdk/http/index.js';

/** What was asked, for messages: never more than this. */
export interface Asked {
  readonly source: string;
  readonly stream?: string;
  readonly service: 'ec2' | 'sts';
  /** As IAM writes it, without the service: `DescribeInstances`. */
  readonly action: string;
  readonly account?: string;
  readonly region: string;
  readonly url: string;
}

export type FaultKind = 'throttled' | 'unavailable' | 'protocol' | 'expired' | 'authentication' | 'permission' | 'not_found' | 'configuration' | 'rejected';

/** An error of the SDK, read once. */
export interface Fault {
  readonly kind: FaultKind;
  /** AWS's code, e.g. `UnauthorizedOperation`; the name of the error where there is none. */
  readonly code: string;
  readonly words: string;
  readonly status?: number;
  readonly requestId?: string;
  /** Asked for by a header: AWS sends none, a proxy before it may. */
  readonly retryAfterMs?: number;
}

/** https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html and the lists of the other services; no two agree on a word. */
const THROTTLED = new Set([
  'RequestLimitExceeded', 'Throttling', 'ThrottlingException', 'ThrottledException', 'RequestThrottled', 'RequestThrottledException',
  'TooManyRequestsException', 'EC2ThrottledException', 'PriorRequestNotComplete', 'LimitExceededException', 'BandwidthLimitExceeded', 'SlowDown',
]);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const AUTHENTICATION = new Set([
  'AuthFailure', 'InvalidClientTokenId', 'UnrecognizedClientException', 'SignatureDoesNotMatch', 'InvalidSignatureException', 'IncompleteSignature',
  'MissingAuthenticationToken', 'InvalidAccessKeyId', 'RequestTimeTooSkewed', 'CredentialsProviderError', 'TokenProviderError', 'Blocked',
]);
const PERMISSION = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException', 'OptInRequired', 'PendingVerification', 'RegionDisabledException']);

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

export function readFault(thrown: unknown, redact: Redactor, now: number): Fault {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }) as SdkError;
  const status = error.$metadata?.httpStatusCode;
  const headers = error.$response?.headers ?? {};
  const fromAws = status !== undefined && error.Code !== undefined;
  const code = fromAws ? error.Code! : error.name === undefined || error.name === 'Error' || error.name === 'Unknown' ? (error.code ?? `HTTP ${status ?? 'without answer'}`) : error.name;
  const requestId = error.$metadata?.requestId ?? headers['x-amzn-requestid'] ?? headers['x-amz-request-id'];
  const date = Date.parse(headers['date'] ?? '');
  const asked = retryAfterMs(headers['retry-after'], Number.isFinite(date) ? date : undefined, now);
  return {
    kind: kindOf(code, status, fromAws, error),
    code,
    words: printable(withoutNoise(error.message ?? ''), redact),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(asked !== undefined && { retryAfterMs: asked }),
  };
}

/** Node's codes for a connection that was not had, or was lost on the way, also in the middle of an answer of 200. */
const NETWORK = /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|AI_)|ENOTFOUND|ERR_STREAM_PREMATURE_CLOSE)/;

function kindOf(code: string, status: number | undefined, fromAws: boolean, error: SdkError): FaultKind {
  if (THROTTLED.has(code) || status === 429) return 'throttled';
  if (EXPIRED.has(code)) return 'expired';
  if (AUTHENTICATION.has(code)) return 'authentication';
  if (PERMISSION.has(code)) return 'permission';
  if ((status !== undefined && status >= 500) || NETWORK.test(error.code ?? '')) return 'unavailable';
  if (error.name === 'UnusableAnswer') return 'protocol';
  // A proxy that wants credentials, or an address that has moved: nothing that another try could mend.
  if (status === 407 || (status !== undefined && status >= 300 && status < 400)) return 'configuration';
  if (status === undefined) return 'unavailable'; // no answer: refused, reset, timed out, no such name
  if (!fromAws) return status >= 200 && status < 300 ? 'protocol' : status === 401 ? 'authentication' : status === 403 ? 'permission' : 'rejected';
  return /\.NotFound$/.test(code) ? 'not_found' : 'rejected';
}

/** The SDK adds advice for developers, EC2 a long encoded explanation: neither helps an operator. */
function withoutNoise(message: string): string {
  return message.replace(/\s*Deserialization error: to see the raw response[\s\S]*$/, '')
    .replace(/\s*Encoded authorization failure message:[\s\S]*$/, '');
}

/** Another try may help and, as every call here only reads, does no harm. */
export const isTransient = (fault: Fault): boolean => fault.kind === 'throttled' || fault.kind === 'unavailable' || fault.kind === 'protocol';

/** In the contract's words. `tries` = calls made in all. */
export function translate(fault: Fault, asked: Asked, tries: number, cause: unknown): SourceError {
  const request = summaryOf(asked, fault);
  const what = describe(asked);
  const said = fault.words === '' || fault.words === fault.code ? fault.code : `${fault.code}: ${fault.words}`;
  const options = (hint: string) => ({ vendorWords: said, hint, cause: bare(cause, fault) });
  switch (fault.kind) {
    case 'throttled': {
      const error = new RateLimitedError(fault.retryAfterMs ?? 60_000, request, options('EC2 limits calls per account and region, whoever makes them: sync less often, or look who else asks so much.'));
      error.message = `${what}: still throttled after ${tries} tries (${said})`;
      return error;
    }
    case 'unavailable':
      return new UnavailableError(`${what}: ${said} (given up after ${tries} tries)`, request, options('Check the way to AWS (proxy, DNS, firewall, baseUrl) and https://health.aws.amazon.com; the next run goes on.'));
    case 'protocol':
      return new ProtocolError(`${what}: an answer that is not AWS's (${said})`, request, options('Something between Lockstep and AWS answered in its place: a proxy, a portal, or a wrong baseUrl.'));
    case 'expired':
      return new AuthenticationError(`${what}: ${said}`, request, options('The session has expired and new credentials did not help: check the session token, and the clock of this machine.'));
    case 'authentication':
      return new AuthenticationError(`${what}: ${said}`, request, options(authenticationHint(asked, fault)));
    case 'permission':
      return new PermissionError(`${what}: ${said}`, request, options(permissionHint(asked)));
    case 'not_found':
      return new NotFoundError(`${what}: ${said}`, request, options('It may have been terminated in the meantime.'));
    case 'configuration':
      return new SourceConfigurationError(`${what}: ${said} (HTTP ${fault.status})`, request, options(fault.status === 407
        ? 'A proxy on the way asks for credentials.' : 'baseUrl leads to another address, which is not followed with a signature: name the final one.'));
    case 'rejected':
      return new RejectedError(`${what}: ${said}`, request, options('AWS understood and refused; its words say why.'));
  }
}

export function interruptedWhile(asked: Asked): InterruptedError {
  return new InterruptedError(`${describe(asked)}: interrupted`, summaryOf(asked));
}

export const describe = (asked: Asked): string =>
  `${asked.source}${asked.stream === undefined ? '' : ` ${asked.stream}`}: ${asked.service}:${asked.action} in ${asked.account === undefined ? '' : `account ${asked.account}, `}region ${asked.region}`;

function summaryOf(asked: Asked, fault?: Fault): RequestSummary {
  return {
    source: asked.source, ...(asked.stream !== undefined && { stream: asked.stream }), method: `POST ${asked.action}`, url: asked.url,
    ...(fault?.status !== undefined && { status: fault.status }), ...(fault?.requestId !== undefined && { requestId: fault.requestId }),
  };
}

function authenticationHint(asked: Asked, fault: Fault): string {
  if (fault.code === 'CredentialsProviderError' || fault.code === 'TokenProviderError') {
    return 'No credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID, give the machine a role, or use auth.method static.';
  }
  return asked.service === 'ec2'
    ? `EC2 says the same of bad credentials and of a region that the account has not enabled: enable ${asked.region} or take it out of options.regions.`
    : 'Check the access key, that it is active, and the clock of this machine.';
}

function permissionHint(asked: Asked): string {
  if (asked.action === 'AssumeRole') {
    return `Create the role in account ${asked.account ?? ''} with a trust policy that lets these credentials assume it (and the same externalId), and allow them sts:AssumeRole on it.`;
  }
  return `Allow ${asked.service}:${asked.action} to the role that reads account ${asked.account ?? ''}; also look at service control policies that forbid region ${asked.region}.`;
}

/** The origin without what it carries: the SDK hangs the whole answer, and its request, on its errors. */
function bare(cause: unknown, fault: Fault): Error {
  const error = new Error(fault.words === '' ? fault.code : fault.words);
  error.name = fault.code;
  if (cause instanceof Error && cause.stack !== undefined) error.stack = `${fault.code}\n${cause.stack.split('\n').filter((line) => /^\s+at /.test(line)).join('\n')}`;
  return error;
}
