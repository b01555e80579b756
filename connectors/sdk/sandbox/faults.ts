import { FAULT_KINDS, type Fault, type FaultKind, type FaultMatch, type Faults, type LoggedRequest } from './types.js';

/** What a sandbox answers; the server adds `Date` and `Content-Length`. */
export interface SandboxAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

/** The vendor's own words for faults that look different at each vendor. A kind that is absent cannot happen there. */
export interface VendorAnswers {
  readonly unauthorised: (request: LoggedRequest) => SandboxAnswer;
  readonly forbidden: (request: LoggedRequest) => SandboxAnswer;
  readonly throttled?: (request: LoggedRequest, ms: number) => SandboxAnswer;
  readonly errorIn200?: (request: LoggedRequest) => SandboxAnswer;
  /** A success status without a body: the request was thrown away. */
  readonly dropped?: (request: LoggedRequest) => SandboxAnswer;
  readonly cursorRefused?: (request: LoggedRequest) => SandboxAnswer;
  readonly serverError?: (request: LoggedRequest, status: number) => SandboxAnswer;
}

/** Kinds that change the rows of a page: the vendor's part of the sandbox applies them with `bendPage`. */
export const DATA_FAULTS: readonly FaultKind[] = [
  'duplicate_across_pages', 'empty_page', 'total_too_high', 'total_too_low', 'returns_nothing', 'returns_tenth', 'bad_record',
];
/** Kinds that change how a right answer travels. */
export const TRANSPORT_FAULTS: readonly FaultKind[] = [
  'reset_before_headers', 'reset_in_body', 'truncated_body', 'hang_after_headers', 'hang_before_headers', 'trickle', 'latency', 'sliced',
  'gzip_bomb', 'malformed_body',
];
const VENDOR_FAULTS: Readonly<Partial<Record<FaultKind, keyof VendorAnswers>>> = {
  throttled_vendor: 'throttled', error_in_200: 'errorIn200', cursor_refused: 'cursorRefused', dropped: 'dropped',
};

interface Rule { readonly fault: Fault; passed: number; hits: number }

/** The faults that are in force. Deterministic: counts, never chance. */
export class FaultSet implements Faults {
  readonly supported: readonly FaultKind[];
  private rules: Rule[] = [];

  /** `data`: the faults that the vendor's part applies itself; `error_in_200` may be one, where rows stand before the error. */
  constructor(readonly answers: VendorAnswers, data: readonly FaultKind[]) {
    const wrong = data.filter((kind) => !DATA_FAULTS.includes(kind) && kind !== 'error_in_200');
    if (wrong.length > 0) throw new RangeError(`not a data fault: ${wrong.join(', ')}`);
    this.supported = FAULT_KINDS.filter((kind) => {
      const needs = VENDOR_FAULTS[kind];
      if (needs !== undefined) return answers[needs] !== undefined || data.includes(kind);
      return !DATA_FAULTS.includes(kind) || data.includes(kind);
    });
  }

  inject(fault: Fault): { hits(): number; remove(): void } {
    if (!this.supported.includes(fault.kind)) throw new RangeError(`this sandbox cannot show ${fault.kind}: its vendor never does it`);
    const rule: Rule = { fault, passed: 0, hits: 0 };
    this.rules.push(rule);
    return { hits: () => rule.hits, remove: () => { this.rules = this.rules.filter((other) => other !== rule); } };
  }

  clear(): void { this.rules = []; }

  /** The fault that this request meets, if any; counts it. */
  take(request: LoggedRequest): Fault | undefined {
    for (const rule of this.rules) {
      if (rule.fault.times !== undefined && rule.hits >= rule.fault.times) continue;
      if (!fits(request, rule.fault.match ?? {})) continue;
      if (rule.passed < (rule.fault.after ?? 0)) { rule.passed += 1; continue; }
      rule.hits += 1;
      return rule.fault;
    }
    return undefined;
  }
}

function fits(request: LoggedRequest, match: FaultMatch): boolean {
  const purpose = match.purpose ?? 'data';
  if (purpose !== 'any' && request.purpose !== purpose) return false;
  if (match.method !== undefined && request.method !== match.method) return false;
  if (match.stream !== undefined && request.stream !== match.stream) return false;
  if (typeof match.path === 'string' && request.path !== match.path) return false;
  if (match.path instanceof RegExp && !new RegExp(match.path.source, match.path.flags.replace(/[gy]/g, '')).test(request.path)) return false;
  return match.when === undefined || match.when(request);
}

const html = (status: number, title: string, text: string, headers: Record<string, string> = {}): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`,
});

/** The answer of a fault that replaces the vendor's; undefined for those that bend a right answer. `now` is the vendor's clock. */
export function faultAnswer(fault: Fault, request: LoggedRequest, answers: VendorAnswers, now: number): SandboxAnswer | undefined {
  const ms = fault.ms ?? 2_000;
  const tooMany = (headers: Record<string, string>): SandboxAnswer => ({ status: 429, headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
  switch (fault.kind) {
    case 'throttled_seconds': return tooMany({ 'retry-after': String(Math.ceil(ms / 1_000)) });
    // An HTTP date has whole seconds: round up, so that obeying it is never too early.
    case 'throttled_date': return tooMany({ 'retry-after': new Date(Math.ceil((now + ms) / 1_000) * 1_000).toUTCString() });
    case 'throttled_bare': return { status: 429 };
    case 'throttled_vendor': return answers.throttled?.(request, ms);
    case 'server_error': return answers.serverError?.(request, fault.status ?? 500) ?? html(fault.status ?? 500, 'Internal Server Error', 'Something went wrong.');
    case 'maintenance_page': return html(503, 'Maintenance', 'We will be back soon.');
    case 'gateway_page': return html(502, '502 Bad Gateway', 'The upstream server sent an invalid response.');
    case 'proxy_auth_page': return html(407, '407 Proxy Authentication Required', 'Sign in at the proxy.', { 'proxy-authenticate': 'Basic realm="proxy"' });
    case 'login_page': return html(200, 'Sign in', '<form action="/login" method="post"><input name="user"><input name="password" type="password"></form>');
    case 'unauthorised': return answers.unauthorised(request);
    case 'forbidden': return answers.forbidden(request);
    case 'error_in_200': return answers.errorIn200?.(request);
    case 'dropped': return answers.dropped?.(request);
    case 'cursor_refused': return answers.cursorRefused?.(request);
    case 'redirect_elsewhere': return { status: 302, headers: { location: fault.location ?? 'http://127.0.0.1:9/' } };
    case 'empty_body': return { status: 200, headers: { 'content-type': 'application/json' }, body: '' };
    default: return undefined;
  }
}

export interface BentPage<Row> { readonly rows: readonly Row[]; readonly total: number }

/**
 * Applies a data fault to a page. `previous` gives the row before the page's first one (for a duplicate), `spoil` makes a
 * bad record of a good one.
 */
export function bendPage<Row>(
  fault: Fault | undefined,
  page: BentPage<Row>,
  parts: { readonly previous?: () => Row | undefined; readonly spoil?: (row: Row) => Row } = {},
): BentPage<Row> {
  switch (fault?.kind) {
    case 'duplicate_across_pages': {
      const before = parts.previous?.();
      return before === undefined ? page : { ...page, rows: [before, ...page.rows] };
    }
    case 'empty_page': return { ...page, rows: [] };
    case 'total_too_high': return { ...page, total: page.total * 2 + 7 };
    case 'total_too_low': return { ...page, total: Math.floor(page.total / 2) };
    case 'returns_nothing': return { rows: [], total: 0 };
    case 'returns_tenth': {
      const total = Math.ceil(page.total / 10);
      return { rows: page.rows.slice(0, total), total };
    }
    case 'bad_record': {
      const [first, ...rest] = page.rows;
      return first === undefined || parts.spoil === undefined ? page : { ...page, rows: [parts.spoil(first), ...rest] };
    }
    default: return page;
  }
}
