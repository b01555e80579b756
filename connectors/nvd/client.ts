import {
  AuthenticationError, NotFoundError, ProtocolError, RateLimitedError, RejectedError, UnavailableError,
  type ConnectContext, type HttpPort, type HttpResponse, type RequestSummary, type Verdict,
} from '../sdk/contract/index.js';
import { firstOf, mustBeJson, retryAfterMs } from '../sdk/http/index.js';
import { filesOf } from './config.js';
import type { NvdAnswer } from './raw.js';

export const DEFAULT_BASE_URL = 'https://services.nvd.nist.gov';
const PATH = '/rest/json/cves/2.0';

/** https://nvd.nist.gov/developers/start-here: per rolling 30 s, by key or, without one, by address. */
const PACE_WITH_KEY = { requests: 50, perMs: 30_000 };
const PACE_WITHOUT_KEY = { requests: 5, perMs: 30_000 };

/** Over the rate NVD's firewall forbids everything for a while. */
const FORBIDDEN_WAIT_MS = 30_000;
const MOST_FORBIDDEN = 5;
const OVERLOAD_BASE_MS = 10_000;
const OVERLOAD_CAP_MS = 5 * 60_000;
/** 2,000 records have some 10 MB; kernel records with thousands of entries make it more. */
const MOST_BYTES = 256 * 1024 * 1024;

export type Query = Readonly<Record<string, string | number>>;

export class NvdClient {
  readonly files: readonly string[] | undefined;
  readonly hasKey: boolean;
  private readonly http: HttpPort;
  private readonly url: string;

  constructor(readonly context: ConnectContext) {
    const { source, http } = context;
    this.files = filesOf(source.options);
    const key = source.auth.method === 'api_key' ? (source.auth['apiKey'] as string) : undefined;
    this.hasKey = key !== undefined;
    const paced = http.withPace(this.hasKey ? PACE_WITH_KEY : PACE_WITHOUT_KEY);
    this.http = key === undefined ? paced : paced.withAuth({
      // As a query parameter it is refused, and would stand in logs.
      authorise: async () => ({ apiKey: key }),
      reject: () => false,
      hint: KEY_HINT,
    });
    this.url = `${(source.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, '')}${PATH}`;
  }

  /** One call of the CVE API, repeated as NVD's signs ask. */
  async ask(query: Query, stream?: string): Promise<{ readonly answer: NvdAnswer; readonly response: HttpResponse }> {
    const response = await this.http.send({
      url: this.url, query, maxBytes: MOST_BYTES, ...(stream !== undefined && { stream }),
      judge: firstOf(this.judge(stream), mustBeJson, (answer) => this.mustBeAnswer(answer, stream)),
    });
    return { answer: response.json<NvdAnswer>(), response };
  }

  /** NVD's own signs: 403 in HTML for too fast, 404 with a header for a bad parameter or key, 503 in HTML for overload. */
  private judge(stream: string | undefined): (response: HttpResponse) => Verdict | undefined {
    let forbidden = 0;
    let overloaded = 0;
    return (response) => {
      const summary = this.summary(response.status, stream);
      const subject = this.subject(stream);
      if (response.status === 403) {
        forbidden += 1;
        if (forbidden < MOST_FORBIDDEN) return { kind: 'retry', afterMs: Math.max(FORBIDDEN_WAIT_MS, asked(response, this.context.clock.now())), reason: 'NVD forbids requests for a while (over the rate)' };
        const error = new RateLimitedError(FORBIDDEN_WAIT_MS, summary, {
          vendorWords: 'Request forbidden by administrative rules.',
          hint: 'Something else asks NVD from this address or with this key, or NVD has blocked this client: use a key of your own, and one process for the whole installation.',
        });
        error.message = `${subject}: forbidden ${forbidden} times in a row, ${FORBIDDEN_WAIT_MS / 1000} s apart`;
        return { kind: 'fail', error };
      }
      forbidden = 0;
      if (response.status === 404) return { kind: 'fail', error: this.refusal(response, summary, subject) };
      if (response.status === 503) {
        overloaded += 1;
        const wait = Math.min(OVERLOAD_CAP_MS, OVERLOAD_BASE_MS * 2 ** (overloaded - 1));
        return {
          kind: 'retry', afterMs: Math.max(wait, asked(response, this.context.clock.now())), reason: 'NVD is overloaded',
          error: new UnavailableError(`${subject}: 503, NVD is overloaded (asked ${overloaded} times)`, summary, { hint: 'Common with NVD: the next run goes on at this page.' }),
        };
      }
      return undefined;
    };
  }

  /** The body of a 404 is empty: what is wrong stands in the header `message`. */
  private refusal(response: HttpResponse, summary: RequestSummary, subject: string): Error {
    const words = response.headers['message'];
    if (words === undefined || words === '') {
      return new NotFoundError(`${subject}: 404, there is no such path`, summary, { hint: `Check baseUrl: NVD's is ${DEFAULT_BASE_URL}.` });
    }
    const vendorWords = words.slice(0, 500);
    if (/api ?key/i.test(words)) return new AuthenticationError(`${subject}: ${vendorWords}`, summary, { vendorWords, hint: KEY_HINT });
    return new RejectedError(`${subject}: ${vendorWords}`, summary, { vendorWords, hint: 'NVD refuses a parameter; its words name it.' });
  }

  /** JSON of another shape (an error in a 200, another API) is no answer. */
  private mustBeAnswer(response: HttpResponse, stream: string | undefined): Verdict | undefined {
    if (response.status < 200 || response.status > 299) return undefined;
    const { totalResults, vulnerabilities } = (response.json<Partial<NvdAnswer> | null>() ?? {}) as Partial<NvdAnswer>;
    if (Array.isArray(vulnerabilities) && Number.isInteger(totalResults) && totalResults! >= 0) return undefined;
    return {
      kind: 'retry', reason: 'the answer is JSON, but no answer of the CVE API 2.0',
      error: new ProtocolError(`${this.subject(stream)}: JSON without vulnerabilities and totalResults`, this.summary(response.status, stream), { hint: 'Check baseUrl: it must be the host of the CVE API 2.0.' }),
    };
  }

  private summary(status: number, stream: string | undefined): RequestSummary {
    return { source: this.context.source.name, ...(stream !== undefined && { stream }), method: 'GET', url: this.url, status };
  }

  private subject(stream: string | undefined): string {
    return `${this.context.source.name}${stream === undefined ? '' : ` ${stream}`}: GET ${PATH}`;
  }
}

const KEY_HINT = 'The key is wrong, not activated yet (a new one takes some minutes), or was replaced: asking for a key with the same address ends the old one.';

/** NVD sends no Retry-After; something before it may. */
const asked = (response: HttpResponse, now: number): number => retryAfterMs(response.headers['retry-after'], response.serverTime, now) ?? 0;
