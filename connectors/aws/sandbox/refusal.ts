/**
 * How the services say no. One refusal, three spellings: EC2's own XML, the query protocol's XML (STS, RDS) and the
 * JSON protocol's body. https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html
 */

export type Protocol = 'ec2' | 'query' | 'json';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Thrown inside the sandbox, answered as the vendor would. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
    this.name = 'Refusal';
  }
}

/** What can be wrong with the caller. The code depends on the service that is asked. */
export type CallerFault =
  | 'missing' | 'malformed' | 'unknown_key' | 'bad_scope' | 'skewed' | 'bad_signature' | 'bad_token' | 'expired_token'
  | 'region_disabled' | 'forbidden';

interface Row { readonly status: number; readonly code: string; readonly message: string }

const NOT_VALIDATED = 'AWS was not able to validate the provided access credentials';
const INVALID_TOKEN = 'The security token included in the request is invalid.';
const NO_MATCH = 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const MISSING = 'Request is missing Authentication Token';
const EXPIRED = 'The security token included in the request is expired';

/** EC2 answers a region that is not opted in exactly like a bad key: only the rest of the account tells them apart. */
const CALLER_FAULTS: Readonly<Record<Protocol, Readonly<Record<CallerFault, Row>>>> = {
  ec2: {
    missing: { status: 403, code: 'MissingAuthenticationToken', message: MISSING },
    malformed: { status: 400, code: 'IncompleteSignature', message: 'The request signature does not conform to AWS standards' },
    unknown_key: { status: 401, code: 'AuthFailure', message: NOT_VALIDATED },
    bad_scope: { status: 401, code: 'AuthFailure', message: NOT_VALIDATED },
    skewed: { status: 400, code: 'RequestExpired', message: 'Request has expired.' },
    bad_signature: { status: 401, code: 'AuthFailure', message: NOT_VALIDATED },
    bad_token: { status: 401, code: 'AuthFailure', message: NOT_VALIDATED },
    expired_token: { status: 400, code: 'RequestExpired', message: 'Request has expired.' },
    region_disabled: { status: 401, code: 'AuthFailure', message: NOT_VALIDATED },
    forbidden: { status: 403, code: 'UnauthorizedOperation', message: 'You are not authorized to perform this operation.' },
  },
  query: {
    missing: { status: 403, code: 'MissingAuthenticationToken', message: MISSING },
    malformed: { status: 400, code: 'IncompleteSignature', message: 'The request signature does not conform to AWS standards' },
    unknown_key: { status: 403, code: 'InvalidClientTokenId', message: INVALID_TOKEN },
    bad_scope: { status: 403, code: 'SignatureDoesNotMatch', message: 'Credential should be scoped to a valid region.' },
    skewed: { status: 403, code: 'SignatureDoesNotMatch', message: 'Signature expired' },
    bad_signature: { status: 403, code: 'SignatureDoesNotMatch', message: NO_MATCH },
    bad_token: { status: 403, code: 'InvalidClientTokenId', message: INVALID_TOKEN },
    expired_token: { status: 403, code: 'ExpiredToken', message: EXPIRED },
    region_disabled: { status: 403, code: 'InvalidClientTokenId', message: INVALID_TOKEN },
    forbidden: { status: 403, code: 'AccessDenied', message: 'Access denied' },
  },
  json: {
    missing: { status: 400, code: 'MissingAuthenticationTokenException', message: MISSING },
    malformed: { status: 400, code: 'IncompleteSignatureException', message: 'The request signature does not conform to AWS standards' },
    unknown_key: { status: 400, code: 'UnrecognizedClientException', message: INVALID_TOKEN },
    bad_scope: { status: 400, code: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region.' },
    skewed: { status: 400, code: 'InvalidSignatureException', message: 'Signature expired' },
    bad_signature: { status: 400, code: 'InvalidSignatureException', message: NO_MATCH },
    bad_token: { status: 400, code: 'UnrecognizedClientException', message: INVALID_TOKEN },
    expired_token: { status: 400, code: 'ExpiredTokenException', message: EXPIRED },
    region_disabled: { status: 400, code: 'UnrecognizedClientException', message: INVALID_TOKEN },
    forbidden: { status: 400, code: 'AccessDeniedException', message: 'Access denied' },
  },
};

export const callerRefusal = (protocol: Protocol, fault: CallerFault, message?: string): Refusal => {
  const row = CALLER_FAULTS[protocol][fault];
  return new Refusal(row.status, row.code, message ?? row.message);
};

const XML_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The characters that XML 1.0 cannot carry are left out, as any XML writer must. */
export const escapeXml = (text: string): string => {
  if (!/[&<>"'\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/.test(text)) return text;
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&apos;').replace(/\r/g, '&#xD;');
};

export function refusalAnswer(protocol: Protocol, refusal: Refusal, requestId: string): Answer {
  const code = escapeXml(refusal.code);
  const message = escapeXml(refusal.message);
  if (protocol === 'json') {
    return {
      status: refusal.status,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId },
      body: JSON.stringify({ __type: refusal.code, message: refusal.message }),
    };
  }
  const body = protocol === 'ec2'
    ? `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`
    : `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>${refusal.status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status: refusal.status, headers: xmlHeaders(requestId), body: XML_HEADER + body };
}

export const xmlHeaders = (requestId: string): Readonly<Record<string, string>> => ({
  'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId, 'cache-control': 'no-cache, no-store',
});

export const xmlAnswer = (requestId: string, body: string): Answer => ({ status: 200, headers: xmlHeaders(requestId), body: XML_HEADER + body });
