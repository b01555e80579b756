import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { DescribeInstancesCommand, DescribeInstanceTypesCommand, DescribeRegionsCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { SourceConfigurationError, type SourceConfig } from '../sdk/contract/index.js';
import { ProxyAwareAgent } from './proxy.js';
import type { AwsClients, AwsCredentials } from './session.js';

/** The commands in use. The SDK is large: this file alone imports it, and is loaded when a source connects. */
export const commands = {
  AssumeRoleCommand, GetCallerIdentityCommand, DescribeRegionsCommand, DescribeInstancesCommand, DescribeInstanceTypesCommand, DescribeVolumesCommand,
};

export type Commands = typeof commands;

export interface Sdk extends AwsClients {
  /** The credentials of the configuration, or of the machine. */
  baseCredentials(): Promise<AwsCredentials>;
  /** Server time minus ours at the last answer, ms; undefined before any. */
  skewMs(): number | undefined;
  /** Lets the next signature of a client carry our time, corrected by AWS's where the two are far apart. */
  setTime(client: EC2Client | STSClient): void;
  readonly callTimeoutMs: number;
  /** Requests sent so far. */
  calls(): number;
  close(): void;
}

/** A page of 1000 instances with long tags has some 5 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A signature holds for 5 minutes around its time. */
const MOST_SKEW_MS = 4 * 60_000;

interface HandlerOptions { readonly abortSignal?: unknown; readonly requestTimeout?: number }
interface Handler {
  handle(request: any, options?: HandlerOptions): Promise<{ response: any }>;
  updateHttpClientConfig(key: any, value: any): void;
  httpHandlerConfigs(): any;
  destroy?(): void;
  readonly metadata?: any;
}

/** How long is waited for AWS, in real time. */
export interface Timeouts {
  readonly connectMs: number;
  /** Until the answer begins, and then between two pieces of it. */
  readonly answerMs: number;
  /** For a call in all: an answer that trickles would else never end. */
  readonly callMs: number;
}

export function createSdk(source: SourceConfig, now: () => number, timeouts: Timeouts): Sdk {
  // Its version is pinned, so what later versions will need concerns the maintainers, and stands in the README.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  let calls = 0;
  let skew: number | undefined;
  const httpsAgent = new ProxyAwareAgent({ keepAlive: true, maxSockets: 50, ...tlsOf(source) }, process.env);
  const requestHandler = { connectionTimeout: timeouts.connectMs, requestTimeout: timeouts.answerMs, socketTimeout: timeouts.answerMs, throwOnRequestTimeout: true, httpsAgent };
  // One handler for all clients: they share connections, and are thrown away when credentials change.
  const plain = new EC2Client({ region: 'us-east-1', requestHandler, credentials: { accessKeyId: 'none', secretAccessKey: 'none' } }).config.requestHandler as unknown as Handler;
  const handler: Handler = {
    async handle(request, options) {
      calls += 1;
      const answer = await plain.handle(request, options);
      const date = Date.parse(answer.response.headers?.['date'] ?? '');
      if (Number.isFinite(date)) skew = date - now();
      return { ...answer, response: Object.assign(answer.response, { body: limited(answer.response.body) }) };
    },
    updateHttpClientConfig: (key, value) => plain.updateHttpClientConfig(key, value),
    httpHandlerConfigs: () => plain.httpHandlerConfigs(),
    // A client that is thrown away must not take the shared connections with it.
    destroy: () => undefined,
    metadata: plain.metadata,
  };
  const shared = (region: string, credentials: AwsCredentials) => ({
    region,
    credentials: plainOf(credentials),
    ...(source.baseUrl !== undefined && { endpoint: source.baseUrl }),
    // Ours is the only retry, on the injected clock: the SDK's would stack under it, and its adaptive mode waits on a clock of its own.
    maxAttempts: 1,
    requestHandler: handler as any,
    customUserAgent: 'lockstep',
  });
  return {
    ec2: (region, credentials) => new EC2Client(shared(region, credentials)),
    sts: (region, credentials) => new STSClient(shared(region, credentials)),
    async baseCredentials() {
      if (source.auth.method === 'static') return staticOf(source);
      const found = await fromNodeProviderChain({ maxRetries: 1, timeout: 2_000 })();
      return {
        accessKeyId: found.accessKeyId, secretAccessKey: found.secretAccessKey,
        ...(found.sessionToken !== undefined && { sessionToken: found.sessionToken }),
        ...(found.expiration !== undefined && { expiresAt: found.expiration.getTime() }),
      };
    },
    skewMs: () => skew,
    setTime(client) {
      // The SDK adds this to the machine's clock, and corrects it itself by the answers of this one client only.
      const correction = skew !== undefined && Math.abs(skew) > MOST_SKEW_MS ? skew : 0;
      // eslint-disable-next-line no-restricted-syntax -- the offset is from the machine's clock, whatever ours says
      (client.config as { systemClockOffset: number }).systemClockOffset = now() + correction - Date.now();
    },
    callTimeoutMs: timeouts.callMs,
    calls: () => calls,
    close: () => plain.destroy?.(),
  };
}

function staticOf(source: SourceConfig): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = source.auth as Readonly<Record<string, string | undefined>>;
  if (!accessKeyId || !secretAccessKey) {
    throw new SourceConfigurationError(`${source.name}: auth.method static needs accessKeyId and secretAccessKey`, undefined, {
      hint: "Name both as references, e.g. '${env:AWS_KEY_ID}', or use auth.method default.",
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && sessionToken !== '' && { sessionToken }) };
}

/** Without `expiration`: with one, the SDK judges it by the machine's clock. */
const plainOf = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials) =>
  ({ accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) });

/** The SDK reads any answer to its end, however long: this one breaks off. */
function limited(body: Readable | undefined): Readable | undefined {
  if (body === undefined || typeof body.pipe !== 'function') return body;
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) done(Object.assign(new Error(`the answer is longer than ${MOST_BYTES} bytes`), { name: 'UnusableAnswer' }));
      else done(null, chunk);
    },
  });
  body.once('error', (error) => counter.destroy(error));
  body.once('aborted', () => counter.destroy(Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' })));
  body.once('close', () => { if (!body.readableEnded) counter.destroy(Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' })); });
  counter.once('close', () => body.destroy());
  return body.pipe(counter);
}

/** A given authority stands beside the public ones, as everywhere else in Lockstep. */
function tlsOf(source: SourceConfig): { ca?: string[]; rejectUnauthorized?: boolean } {
  const { caFile, rejectUnauthorized } = source.tls ?? {};
  let ca: string | undefined;
  try {
    ca = caFile === undefined ? undefined : readFileSync(resolve(source.folder, caFile), 'utf8');
  } catch (cause) {
    throw new SourceConfigurationError(`${source.name}: tls.caFile ${caFile} cannot be read`, undefined, {
      cause, hint: 'The path is relative to the configuration file in which it stands.',
    });
  }
  return {
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
}
