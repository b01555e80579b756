import nock from 'nock';

/**
 * The one place that knows nock. Single answers of a vendor are mocked with it, whole flows run against a sandbox. A
 * request that nobody expected fails the test, and so does an expected one that never came: bare nock does neither when
 * the code under test swallows the error.
 */
export interface HttpMock {
  /** Expectations for an origin, e.g. `http.on('https://acme.example').get('/v1/x').reply(200, {})`. Each serves one request. */
  on(origin: string, options?: nock.Options): nock.Scope;
  /** `METHOD url` of the requests that nobody expected. */
  unexpected(): readonly string[];
  /** `METHOD url` of expectations that are still open. */
  unused(): readonly string[];
}

export interface HttpMockOptions {
  /** Hosts that may be reached for real, e.g. `127.0.0.1` for a server of the test's own. Default: none. */
  readonly allow?: readonly string[];
}

/** Begins to watch. `end` stops, cleans up, and throws where something was unexpected or unused. */
export function watchHttp(options: HttpMockOptions = {}): HttpMock & { end(): void } {
  const unexpected: string[] = [];
  const allowed = new Set(options.allow ?? []);
  const note = (request: unknown): void => {
    const { method, url } = requestOf(request);
    // nock says "no match" of what it lets through, too.
    if (!allowed.has(hostName(url.host))) unexpected.push(`${method} ${url.href}`);
  };

  if (!nock.isActive()) nock.activate();
  nock.cleanAll();
  nock.disableNetConnect();
  if (allowed.size > 0) nock.enableNetConnect((host) => allowed.has(hostName(host)));
  nock.emitter.on('no match', note);

  return {
    on: (origin, scopeOptions) => nock(origin, scopeOptions),
    unexpected: () => unexpected,
    unused: () => nock.pendingMocks(),
    end: () => {
      const unused = nock.pendingMocks();
      nock.emitter.off('no match', note);
      nock.abortPendingRequests();
      nock.cleanAll();
      nock.enableNetConnect();
      nock.restore();
      const problems = [
        ...unexpected.map((request) => `unexpected request: ${request}`),
        ...unused.map((request) => `expected and never sent: ${request}`),
      ];
      if (problems.length > 0) throw new Error(problems.join('\n'));
    },
  };
}

/** Watches each test of the `describe` (or file) in which it is called. */
export function useHttpMock(options: HttpMockOptions = {}): HttpMock {
  let current: ReturnType<typeof watchHttp> | undefined;
  const active = (): ReturnType<typeof watchHttp> => {
    if (current === undefined) throw new Error('useHttpMock works inside a test: call it beside the tests, use it in them');
    return current;
  };
  beforeEach(() => { current = watchHttp(options); });
  afterEach(() => {
    const ending = current;
    current = undefined;
    ending?.end();
  });
  return {
    on: (origin, scopeOptions) => active().on(origin, scopeOptions),
    unexpected: () => active().unexpected(),
    unused: () => active().unused(),
  };
}

const hostName = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

/** nock hands over a ClientRequest, or the options of one, by the way in which the request was made. */
function requestOf(request: unknown): { method: string; url: URL } {
  const { method, path, host, protocol, options } = request as {
    method?: string; path?: string; host?: string; protocol?: string; options?: { method?: string; path?: string; hostname?: string; host?: string; port?: string | number; protocol?: string };
  };
  const scheme = options?.protocol ?? protocol ?? 'http:';
  const port = options?.port === undefined || options.port === '' ? '' : `:${options.port}`;
  const name = options?.hostname ?? host ?? options?.host ?? 'unknown';
  return { method: method ?? options?.method ?? 'GET', url: new URL(`${scheme}//${name}${/:\d+$/.test(name) ? '' : port}${path ?? options?.path ?? '/'}`) };
}
