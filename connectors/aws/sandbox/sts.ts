import type { Accounts, Principal } from './accounts.js';
import type { Params } from './params.js';
import { escapeXml, Refusal } from './refusal.js';

/** https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const STS_VERSION = '2011-06-15';
const XMLNS = `https://sts.amazonaws.com/doc/${STS_VERSION}/`;

export interface StsCall { readonly principal: Principal; readonly region: string; readonly accounts: Accounts; readonly now: number; readonly requestId: string }
type Action = (call: StsCall, params: Params) => string;

const wrap = (action: string, result: string, requestId: string): string =>
  `<${action}Response xmlns="${XMLNS}"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;

const invalid = (value: string, name: string, constraint: string): Refusal =>
  new Refusal(400, 'ValidationError', `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`);

function unknownLeft(params: Params): void {
  try {
    params.done();
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(400, 'ValidationError', error.message) : error;
  }
}

export const STS_ACTIONS: Readonly<Record<string, Action>> = {
  GetCallerIdentity: ({ principal, requestId }, params) => {
    unknownLeft(params);
    return wrap('GetCallerIdentity', `<Arn>${escapeXml(principal.arn)}</Arn><UserId>${escapeXml(principal.userId)}</UserId><Account>${principal.account}</Account>`, requestId);
  },
  AssumeRole: ({ principal, region, accounts, now, requestId }, params) => {
    const roleArn = params.text('RoleArn');
    const sessionName = params.text('RoleSessionName');
    const externalId = params.text('ExternalId');
    const duration = params.integer('DurationSeconds') ?? 3_600;
    unknownLeft(params);

    if (roleArn === undefined) throw invalid('null', 'roleArn', 'Member must not be null');
    if (sessionName === undefined) throw invalid('null', 'roleSessionName', 'Member must not be null');
    if (sessionName.length < 2) throw invalid(sessionName, 'roleSessionName', 'Member must have length greater than or equal to 2');
    if (sessionName.length > 64) throw invalid(sessionName, 'roleSessionName', 'Member must have length less than or equal to 64');
    if (!/^[\w+=,.@-]*$/.test(sessionName)) throw invalid(sessionName, 'roleSessionName', 'Member must satisfy regular expression pattern: [\\w+=,.@-]*');
    if (externalId !== undefined && (externalId.length < 2 || externalId.length > 1_224)) throw invalid(externalId, 'externalId', 'Member must have length between 2 and 1224');
    if (externalId !== undefined && !/^[\w+=,.@:/-]*$/.test(externalId)) throw invalid(externalId, 'externalId', 'Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*');
    if (duration < 900) throw invalid(String(duration), 'durationSeconds', 'Member must have value greater than or equal to 900');
    if (duration > 43_200) throw invalid(String(duration), 'durationSeconds', 'Member must have value less than or equal to 43200');
    if (!new RegExp(`^arn:${accounts.partition}:iam::\\d{12}:role/[\\w+=,.@/-]+$`).test(roleArn)) throw new Refusal(400, 'ValidationError', `${roleArn} is invalid`);

    // No role, no trust, another external id: one answer, so that nobody can find out which roles exist.
    const account = accounts.allows(principal, 'sts:AssumeRole') ? accounts.trusts(roleArn, externalId) : undefined;
    if (account === undefined) throw new Refusal(403, 'AccessDenied', `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`);
    if (principal.kind === 'session' && duration > 3_600) throw new Refusal(400, 'ValidationError', 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
    if (duration > accounts.maxSessionSeconds) throw new Refusal(400, 'ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');

    const expiresAt = Math.floor(now / 1_000) * 1_000 + duration * 1_000;
    const session = accounts.issue(account, sessionName, expiresAt, region);
    const expiration = `${new Date(expiresAt).toISOString().slice(0, 19)}Z`;
    return wrap('AssumeRole', `<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${session.secret}</SecretAccessKey>`
      + `<SessionToken>${session.sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`
      + `<AssumedRoleUser><AssumedRoleId>${escapeXml(session.userId)}</AssumedRoleId><Arn>${escapeXml(session.arn)}</Arn></AssumedRoleUser>`, requestId);
  },
};
