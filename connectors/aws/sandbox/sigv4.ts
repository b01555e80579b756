import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signature Version 4, the server's half: takes an Authorization header apart and computes the signature anew.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */

export interface HttpRequestParts {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface Authorization {
  readonly accessKeyId: string;
  /** `20261120` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const FORM = /^AWS4-HMAC-SHA256\s+(.+)$/;

/** Undefined: not of the documented form. */
export function parseAuthorization(header: string): Authorization | undefined {
  const rest = FORM.exec(header.trim())?.[1];
  if (rest === undefined) return undefined;
  const parts = new Map<string, string>();
  for (const part of rest.split(',')) {
    const at = part.indexOf('=');
    if (at < 0) return undefined;
    parts.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const scope = parts.get('Credential')?.split('/');
  const signedHeaders = parts.get('SignedHeaders')?.split(';').filter((name) => name !== '');
  const signature = parts.get('Signature');
  if (scope?.length !== 5 || scope[4] !== 'aws4_request' || !signedHeaders?.length || signature === undefined) return undefined;
  const [accessKeyId, date, region, service] = scope as [string, string, string, string];
  if (!/^\d{8}$/.test(date) || !/^[0-9a-f]{64}$/.test(signature)) return undefined;
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

/** `20261120T101112Z` -> ms UTC; undefined: another form, or no such day. */
export function parseAmzDate(text: string | undefined): number | undefined {
  const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (form === null) return undefined;
  const at = Date.parse(`${form[1]}-${form[2]}-${form[3]}T${form[4]}:${form[5]}:${form[6]}.000Z`);
  return Number.isNaN(at) ? undefined : at;
}

export const amzDate = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data, 'utf8').digest();

/** encodeURIComponent leaves five characters alone that SigV4 encodes. */
const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return '';
  return rawQuery.split('&').map((pair) => {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    return [encode(decode(name)), encode(at < 0 ? '' : decode(pair.slice(at + 1)))] as const;
  }).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join('&');
}

/** The signature that the request must carry under this secret. */
export function signatureOf(request: HttpRequestParts, scope: Pick<Authorization, 'date' | 'region' | 'service' | 'signedHeaders'>, secret: string): string {
  const names = [...scope.signedHeaders].sort();
  const headers = names.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`).join('');
  const canonical = [
    request.method, request.path.split('/').map((part) => encode(decode(part))).join('/') || '/', canonicalQuery(request.rawQuery), headers, names.join(';'), sha256(request.body),
  ].join('\n');
  const credentialScope = `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'] ?? '', credentialScope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, scope.date), scope.region), scope.service), 'aws4_request');
  return hmac(key, toSign).toString('hex');
}

export const sameSignature = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Headers that must be signed: the host, and every `x-amz-…` that the request carries. */
export const unsignedHeaders = (request: HttpRequestParts, authorization: Authorization): readonly string[] =>
  ['host', 'x-amz-date', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))]
    .filter((name, index, all) => all.indexOf(name) === index && !authorization.signedHeaders.includes(name));
