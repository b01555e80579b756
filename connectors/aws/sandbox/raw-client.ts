import { request } from 'node:http';
import { amzDate, signatureOf } from './sigv4.js';

/**
 * Sends one hand-signed Query request and gives the answer as it came: for what the SDK would never send, or would hide.
 * Every part can be set wrong on purpose.
 */
export interface RawRequest {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken?: string;
  readonly service?: string;
  readonly region?: string;
  /** ms UTC of the signature. */
  readonly at?: number;
  readonly form?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: string;
  /** Another body than the one that was signed. */
  readonly sentBody?: string;
  readonly method?: string;
  /** Path and query. */
  readonly target?: string;
  /** Added, and signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Added after signing. */
  readonly unsigned?: Readonly<Record<string, string>>;
  /** The Authorization header, changed just before it leaves; undefined leaves it out. */
  readonly authorization?: (right: string) => string | undefined;
  /** Day in the credential's scope; default that of `at`. */
  readonly scopeDate?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The error's code, in whichever of the three protocols. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export async function sendRaw(wanted: RawRequest): Promise<RawAnswer> {
  const { method = 'POST', target = '/', service = 'ec2', region = 'eu-west-1', at = Date.now() } = wanted;
  const body = method === 'GET' ? '' : wanted.body ?? new URLSearchParams(Object.entries(wanted.form ?? {}).map(([name, value]) => [name, String(value)])).toString();
  const [path = '/', rawQuery = ''] = target.split('?');
  const { host } = new URL(wanted.url);
  const headers: Record<string, string> = {
    host, 'x-amz-date': amzDate(at), ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
    ...(wanted.sessionToken !== undefined && { 'x-amz-security-token': wanted.sessionToken }), ...wanted.headers,
  };
  const scope = { date: wanted.scopeDate ?? amzDate(at).slice(0, 8), region, service, signedHeaders: Object.keys(headers).sort() };
  const signature = signatureOf({ method, path, rawQuery, headers, body }, scope, wanted.secret);
  const right = `AWS4-HMAC-SHA256 Credential=${wanted.accessKeyId}/${scope.date}/${region}/${service}/aws4_request, SignedHeaders=${scope.signedHeaders.join(';')}, Signature=${signature}`;
  const authorization = wanted.authorization ? wanted.authorization(right) : right;
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(target, wanted.url), { method, headers: { ...headers, ...wanted.unsigned, ...(authorization !== undefined && { authorization }) } }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({
          status: incoming.statusCode ?? 0, headers: incoming.headers, body: text,
          code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? /"__type":"([^"]*)"/.exec(text)?.[1], message: /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? /"message":"([^"]*)"/.exec(text)?.[1],
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(wanted.sentBody ?? body);
  });
}
