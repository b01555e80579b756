/** The one door to the network. Built in `connectors/sdk/http`, handed in, so that the contract imports nothing. */
export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Absolute, or a path below the source's `baseUrl`. */
  readonly url: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes are sent as they are; an object is sent as JSON. */
  readonly body?: string | Uint8Array | object;
  /** For messages: the stream on whose behalf it is sent. */
  readonly stream?: string;
  readonly timeoutMs?: number;
  /** Statuses that are answers here, not errors (e.g. 404 for a single record). */
  readonly expect?: readonly number[];
  /** Safe to send again after an unknown outcome. Default: GET is, others are not. */
  readonly idempotent?: boolean;
  /** Values that must not appear in any message about this request. */
  readonly secrets?: readonly string[];
  /** Called on an answer before it is judged: lets a vendor's own signs of throttling or failure be told (HTTP 200 with an error inside). */
  readonly judge?: (response: HttpResponse) => Verdict | undefined;
  /** Most bytes of the decoded body; default 64 MiB. */
  readonly maxBytes?: number;
}

export type Verdict =
  /** `error` is what is thrown when no try is left; absent: an UnavailableError with the reason. */
  | { readonly kind: 'retry'; readonly afterMs?: number; readonly reason: string; readonly error?: Error }
  | { readonly kind: 'reauthenticate' }
  | { readonly kind: 'fail'; readonly error: Error };

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded body as text. */
  readonly text: string;
  /** Parses the text; a body that is not JSON throws ProtocolError with its beginning. */
  json<T = any>(): T;
  /** ms UTC by the server's `Date` header, where sent. */
  readonly serverTime?: number;
}

/** Puts credentials on a request, and renews them. */
export interface Authenticator {
  /** Headers to add. May fetch a token through `send` (which does not authenticate). */
  authorise(send: (request: HttpRequest) => Promise<HttpResponse>): Promise<Readonly<Record<string, string>>>;
  /** A 401 came: forget what was cached. Returns false when a new try is useless. */
  reject(): boolean;
  /** The next step for the operator when authentication finally fails. */
  readonly hint?: string;
}

export interface HttpPort {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** A port that authenticates each request. */
  withAuth(authenticator: Authenticator): HttpPort;
  /** The vendor's own pace, e.g. 5 requests per rolling 30 s, beside what its answers ask for. */
  withPace(pace: { readonly requests: number; readonly perMs: number }): HttpPort;
  /** Throws unless `url` has the origin of `baseUrl` or of one listed: for `next` links from answers. */
  sameOrigin(url: string, also?: readonly string[]): string;
  /** Requests sent so far, retries included. */
  readonly calls: number;
}
