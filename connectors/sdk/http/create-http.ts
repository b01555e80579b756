import type { AxiosInstance } from 'axios';
import {
  AuthenticationError, ProtocolError, RateLimitedError, SourceConfigurationError, SourceError, UnavailableError,
  type Authenticator, type Clock, type ConnectorLog, type HttpPort, type HttpRequest, type HttpResponse, type RequestSummary, type Verdict,
} from '../contract/index.js';
import { fullJitter, retryAfterMs } from './backoff.js';
import { createExchange, type Answer } from './exchange.js';
import { interrupted, requestIdOf, statusFailure, subject, THROTTLE_HINT, transportFailure, type Failure } from './failures.js';
import { rollingWindow, sourceBudget, type Gate } from './gates.js';
import { createRedactor, type Redactor } from './redact.js';
import { printable, vendorWords, wellFormed } from './words.js';

export interface HttpOptions {
  /** The source's name, for messages. */
  readonly source: string;
  /** Root of all paths; absent: every request names its whole address. */
  readonly baseUrl?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: ConnectorLog;
  /** Calls that may be under way at once, over all ports of the source. */
  readonly concurrency: number;
  readonly tls?: { readonly caFile?: string; readonly rejectUnauthorized?: boolean };
  /** Folder at which a relative `tls.caFile` starts. */
  readonly folder?: string;
  /** Every secret value of the source's configuration. */
  readonly secrets?: readonly (string | undefined)[];
  /** [0, 1), for jitter. */
  readonly random?: () => number;
  /** Calls a request may make in all. */
  readonly maxAttempts?: number;
  /** Waiting that one request may add up to: a throttle's hour is obeyed, a day is not. */
  readonly maxWaitMs?: number;
  /** A whole exchange, body included; a request may name its own. */
  readonly timeoutMs?: number;
  /** Calls `fire` after real time, unless cancelled: an exchange happens in real time whatever the clock says. */
  readonly deadline?: (ms: number, fire: () => void) => () => void;
  /** e.g. Nest's `HttpService.axiosRef`; absent: an instance of its own. */
  readonly axios?: AxiosInstance;
  readonly version?: string;
  /** Told of each wait before it begins or once it is over: `throttled`: the vendor asked for it; `failed`: before another try; `pace`: so as not to be asked. */
  readonly onWait?: (ms: number, reason: WaitReason) => void;
}

export type WaitReason = 'throttled' | 'failed' | 'pace';

/** The port of one source, with what its owner needs beside. */
export interface SourceHttp extends HttpPort {
  /** Knows the secrets of the configuration and the tokens seen since. */
  readonly redact: Redactor;
  /** Lets go of idle connections. */
  close(): void;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_MAX_WAIT_MS = 2 * 3_600_000;
/** A bare 429 says nothing of how long: start at 5 s. A failure may be over in a second. */
const THROTTLE_BASE_MS = 5_000;
const FAILURE_BASE_MS = 1_000;
const MOST_BACKOFF_MS = 60_000;

const realDeadline = (ms: number, fire: () => void): (() => void) => {
  const timer = setTimeout(fire, ms);
  return () => clearTimeout(timer);
};

/** What the ports of one source share, and what tells them apart. */
interface Port { readonly auth?: Authenticator; readonly gates: readonly Gate[] }

type Step =
  | { readonly kind: 'accept'; readonly response: HttpResponse }
  | { readonly kind: 'failed' | 'renew'; readonly failed: Failure; readonly asked: number | undefined }
  | { readonly kind: 'redirect'; readonly to: URL; readonly failed: Failure; readonly asked: number | undefined };

export function createHttp(options: HttpOptions): SourceHttp {
  const { source, clock, signal, log, onWait } = options;
  const random = options.random ?? Math.random;
  const maxAttempts = Math.max(1, options.maxAttempts ?? 8);
  const maxWaitMs = options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS;
  const deadline = options.deadline ?? realDeadline;
  const redact = createRedactor(options.secrets ?? []);
  const base = options.baseUrl === undefined ? undefined : parseBase(source, options.baseUrl);
  const budget = sourceBudget(clock, options.concurrency);
  const exchange = createExchange({
    source, concurrency: options.concurrency, userAgent: `Lockstep/${options.version ?? '0'}`,
    ...(options.tls && { tls: options.tls }), ...(options.folder !== undefined && { folder: options.folder }), ...(options.axios && { axios: options.axios }),
  });
  let calls = 0;

  const addressOf = (request: HttpRequest): URL => {
    const absolute = /^https?:\/\//i.test(request.url);
    if (!absolute && base === undefined) throw new SourceConfigurationError(`${source}: no baseUrl to resolve ${printable(request.url, redact, 100)} against`);
    let url: URL;
    try {
      url = absolute ? new URL(request.url) : new URL(base!.href + request.url.replace(/^\/+/, ''));
    } catch (cause) {
      throw new ProtocolError(`${source}: ${printable(request.url, redact, 200)} is no address`, undefined, { cause: new Error((cause as Error).message) });
    }
    if (url.username !== '' || url.password !== '') throw new SourceConfigurationError(`${source}: an address may not hold credentials`);
    // %20, not +, for a space: not every vendor decodes a query as a form
    const query = Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(wellFormed(String(value)))}`).join('&');
    if (query !== '') url.search = url.search === '' ? query : `${url.search}&${query}`;
    return url;
  };

  const summaryOf = (request: HttpRequest, url: URL, answer?: Answer): RequestSummary => {
    const requestId = answer === undefined ? undefined : requestIdOf(answer.headers);
    return {
      source, ...(request.stream !== undefined && { stream: request.stream }), method: request.method ?? 'GET', url: printable(url.origin + url.pathname, redact),
      ...(answer !== undefined && { status: answer.status }), ...(requestId !== undefined && { requestId: printable(requestId, redact, 100) }),
    };
  };

  const responseOf = (answer: Answer, summary: RequestSummary): HttpResponse => {
    const date = answer.headers['date'] === undefined ? NaN : Date.parse(answer.headers['date']);
    let parsed: { value: unknown } | undefined;
    return {
      ...answer,
      ...(Number.isFinite(date) && { serverTime: date }),
      json<T>(): T {
        parsed ??= { value: parseJson(answer, summary, redact) };
        return parsed.value as T;
      },
    };
  };

  /** One call, within the source's places and pace. */
  const callOnce = async (request: HttpRequest, url: URL, credentials: Readonly<Record<string, string>>, port: Port): Promise<Answer> =>
    await budget.run(async () => {
      const passed = [];
      const reachedAt = clock.now();
      for (const gate of port.gates) passed.push(await gate.pass(signal));
      const pacedAt = clock.now();
      if (pacedAt > reachedAt) onWait?.(pacedAt - reachedAt, 'pace');
      await budget.still(signal);
      if (clock.now() > pacedAt) onWait?.(clock.now() - pacedAt, 'throttled');
      const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const hurry = new AbortController();
      let late = false;
      const cancel = deadline(timeoutMs, () => { late = true; hurry.abort(); });
      // by hand: AbortSignal.any on a signal that lives as long as the service collects listeners
      const stop = (): void => hurry.abort();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const startedAt = clock.now();
      calls += 1;
      try {
        return await exchange({
          method: request.method ?? 'GET', url, headers: { ...request.headers, ...credentials }, maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
          signal: hurry.signal, ...(request.body !== undefined && { body: request.body }),
        });
      } catch (error) {
        throw new CallError(error, late ? timeoutMs : undefined);
      } finally {
        cancel();
        signal.removeEventListener('abort', stop);
        for (const answered of passed) answered(clock.now());
        log.debug('request', { method: request.method ?? 'GET', url: redact(url.origin + url.pathname), ms: clock.now() - startedAt, ...(request.stream !== undefined && { stream: request.stream }) });
      }
    }, signal);

  /** What an answer means, before it is known whether another try is left. */
  const judgeAnswer = (answer: Answer, request: HttpRequest, url: URL, port: Port): Step => {
    const summary = summaryOf(request, url, answer);
    const response = responseOf(answer, summary);
    const verdict = request.judge?.(response);
    const { status } = answer;
    const asked = (verdict?.kind === 'retry' ? verdict.afterMs : undefined) ?? retryAfterMs(answer.headers['retry-after'], response.serverTime, clock.now());
    if (verdict === undefined && ((status >= 200 && status <= 299) || (request.expect ?? []).includes(status))) return { kind: 'accept', response };
    if (verdict?.kind === 'fail') return { kind: 'failed', failed: { again: false, error: ours(verdict.error, summary, redact) }, asked };
    if (verdict?.kind === 'retry') return { kind: 'failed', failed: verdictFailure(verdict, response, summary, redact, asked), asked };
    if (verdict?.kind === 'reauthenticate' || status === 401) {
      return { kind: 'renew', failed: { again: false, error: refused(response, summary, redact, port.auth?.hint) }, asked };
    }
    const failed = statusFailure(response, request, summary, redact, asked);
    const to = redirectOf(answer, url, request);
    return to === undefined ? { kind: 'failed', failed, asked } : { kind: 'redirect', to, failed, asked };
  };

  const send = async (request: HttpRequest, port: Port): Promise<HttpResponse> => {
    redact.add(...(request.secrets ?? []));
    const first = addressOf(request);
    let url = first;
    let renewed = false;
    let redirected = false;
    let waited = 0;

    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw interrupted(summaryOf(request, url));
      let failed: Failure;
      let asked: number | undefined;
      const credentials = port.auth === undefined ? {} : await port.auth.authorise((own) => send(own, { gates: port.gates }));
      learn(credentials, redact);
      try {
        const answer = await callOnce(request, url, credentials, port);
        const step = judgeAnswer(answer, request, url, port);
        if (step.kind === 'accept') return step.response;
        if (step.kind === 'redirect' && !redirected && attempt < maxAttempts) {
          redirected = true;
          url = step.to;
          continue;
        }
        if (step.kind === 'renew' && !renewed && attempt < maxAttempts && port.auth?.reject() === true) {
          renewed = true;
          log.debug('credentials were refused once, renewing', { url: redact(url.origin + url.pathname) });
          continue;
        }
        ({ failed, asked } = step);
      } catch (error) {
        if (signal.aborted) throw interrupted(summaryOf(request, url));
        if (!(error instanceof CallError)) throw error;
        failed = transportFailure(error.cause, request, summaryOf(request, url), redact, error.lateAfterMs);
      }
      const { again, throttled = false, error: failure } = failed;

      if (!again) throw failure;
      if (attempt >= maxAttempts) throw exhausted(failure, attempt);
      const jitter = fullJitter(attempt, throttled ? THROTTLE_BASE_MS : FAILURE_BASE_MS, MOST_BACKOFF_MS, random);
      // Asked for a time: that time, and once it did not help twice, not less than our own growing wait.
      const wait = asked === undefined ? jitter : Math.max(asked, attempt > 2 ? jitter : 0);
      if (waited + wait > maxWaitMs) throw exhausted(failure, attempt, wait);
      waited += wait;
      if (throttled) budget.pauseUntil(clock.now() + wait);
      log.warn('trying again', { url: redact(url.origin + url.pathname), attempt, waitMs: wait, because: redact(failure.message), ...(request.stream !== undefined && { stream: request.stream }) });
      onWait?.(wait, throttled ? 'throttled' : 'failed');
      try {
        await clock.sleep(wait, signal);
      } catch (error) {
        throw signal.aborted ? interrupted(summaryOf(request, url)) : error;
      }
    }
  };

  const sameOrigin = (url: string, also: readonly string[] = []): string => {
    const allowed = [base?.href, ...also].flatMap((entry) => (entry !== undefined && URL.canParse(entry) ? [new URL(entry)] : []));
    const target = URL.canParse(url, base?.href) ? new URL(url, base?.href) : undefined;
    if (target === undefined || target.username !== '' || target.password !== '' || !allowed.some((entry) => entry.origin === target.origin)) {
      throw new ProtocolError(`${source}: a link in an answer leads to another host (${printable(target === undefined ? url : target.origin, redact, 100)}) and is not followed`, undefined, {
        hint: 'If that host is right, configure it; otherwise the answer was tampered with, or a proxy rewrites links.' });
    }
    return target.href;
  };

  const portOf = (port: Port): HttpPort => ({
    send: (request) => send(request, port),
    withAuth: (auth) => portOf({ ...port, auth }),
    withPace: (pace) => portOf({ ...port, gates: [...port.gates, rollingWindow(clock, pace)] }),
    sameOrigin,
    get calls() { return calls; },
  });
  const root = portOf({ gates: [] });
  return Object.defineProperty({ ...root, redact, close: () => exchange.close() }, 'calls', { get: () => calls, enumerable: true }) as SourceHttp;
}

/** A call without a whole answer; `lateAfterMs` where its time was up. */
class CallError extends Error {
  constructor(override readonly cause: unknown, readonly lateAfterMs: number | undefined) { super('no answer'); }
}

/**
 * An error that a connector's judge made of an answer: it may hold the vendor's words, and they may hold what we sent.
 * Scrubbed, and told of which request it speaks. Its class and identity stay, for the connector looks for them.
 */
function ours(error: Error, summary: RequestSummary, redact: Redactor): Error {
  const told = error instanceof SourceError && error.request === undefined;
  error.message = printable(told ? `${subject(summary)}: ${error.message}` : error.message, redact, 2_000);
  if (error instanceof SourceError) {
    const words = error.vendorWords === undefined ? {} : { vendorWords: printable(error.vendorWords, redact) };
    Object.assign(error, words, told && { request: summary });
  }
  if (error.stack !== undefined) error.stack = redact(error.stack);
  return error;
}

function verdictFailure(verdict: Extract<Verdict, { kind: 'retry' }>, response: HttpResponse, summary: RequestSummary, redact: Redactor, asked: number | undefined): Failure {
  const words = vendorWords(response.text, redact);
  const throttled = response.status === 429 || verdict.afterMs !== undefined;
  const told = words === undefined ? {} : { vendorWords: words };
  const error = verdict.error !== undefined ? ours(verdict.error, summary, redact) : (response.status === 429
    ? new RateLimitedError(asked ?? 0, summary, { ...told, hint: THROTTLE_HINT })
    : new UnavailableError(`${subject(summary)} answered ${response.status}: ${printable(verdict.reason, redact)}`, summary, { ...told, hint: 'The system is reached, but does not answer as it should: it may be overloaded; the next run goes on where this one stopped.' }));
  return { again: true, throttled, error };
}

function refused(response: HttpResponse, summary: RequestSummary, redact: Redactor, hint: string | undefined): AuthenticationError {
  const words = vendorWords(response.text, redact);
  return new AuthenticationError(`${subject(summary)} answered ${response.status}${words === undefined ? '' : `: ${words}`}`, summary, {
    ...(words !== undefined && { vendorWords: words }), hint: hint ?? 'Check the credentials in the configuration.' });
}

/** Says how often it was tried. The error is our own, fresh for this request. */
function exhausted(failure: Error, attempts: number, wouldWait?: number): Error {
  failure.message += wouldWait === undefined ? ` (given up after ${attempts} tries)` : ` (given up after ${attempts} tries: the next wait of ${Math.round(wouldWait / 1000)} s is longer than allowed)`;
  return failure;
}

/** A GET's redirect within the same origin: moved paths, trailing slashes. Anything else is told, not followed. */
function redirectOf(answer: Answer, url: URL, request: HttpRequest): URL | undefined {
  const location = answer.headers['location'];
  if (answer.status < 300 || answer.status > 399 || location === undefined || (request.method ?? 'GET') !== 'GET') return undefined;
  if (!URL.canParse(location, url.href)) return undefined;
  const target = new URL(location, url.href);
  return target.origin === url.origin && target.username === '' && target.password === '' ? target : undefined;
}

/** Every value of a credential header, and what follows its scheme, is a secret from now on. */
function learn(credentials: Readonly<Record<string, string>>, redact: Redactor): void {
  for (const value of Object.values(credentials)) redact.add(value, /^[A-Za-z]+ (.{4,})$/.exec(value)?.[1]);
}

function parseJson(answer: Answer, summary: RequestSummary, redact: Redactor): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    const html = /^\s*</.test(answer.text) || (answer.headers['content-type'] ?? '').includes('html');
    const beginning = vendorWords(answer.text, redact) ?? 'nothing';
    throw new ProtocolError(`${subject(summary)} answered ${answer.status} with ${html ? 'a web page' : answer.text.trim() === '' ? 'an empty body' : 'broken JSON'} instead of JSON`, summary, {
      vendorWords: beginning,
      hint: html ? 'A login page, a maintenance page or a proxy answers at this address: open it in a browser.' : 'The answer was cut or changed on its way; smaller pages may help.',
    });
  }
}

function parseBase(source: string, baseUrl: string): URL {
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new SourceConfigurationError(`${source}: baseUrl is no http(s) address`, undefined, { hint: 'Write the whole address, e.g. https://acme.example.com.' });
  }
  const url = new URL(baseUrl);
  if (url.username !== '' || url.password !== '') throw new SourceConfigurationError(`${source}: baseUrl may not hold credentials`, undefined, { hint: 'Put them under auth.' });
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
