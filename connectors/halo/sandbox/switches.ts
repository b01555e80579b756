/** What differs between instances of the vendor, changeable while the sandbox runs; given as `vendor` at the start. */
export interface Switches {
  /** Hosted by the vendor: the token request must name the tenant. */
  hosted: boolean;
  /** What `authinfo` names as the authorization server; undefined: this instance; null: an old version that has no `authinfo`. */
  authUrl: string | null | undefined;
  tokenLifeMs: number;
  /** What the API application allows; a token gets no more of what was asked for. */
  allowedScopes: readonly string[];
  /** Resources (`asset`, `users` …) that the agent's role forbids, whatever the scope. */
  denied: readonly string[];
  /** `GET /Asset` obeys `lastupdatefromdate` (unconfirmed for assets: the pessimistic answer is the default). */
  updatedFilter: 'obeyed' | 'ignored';
  /** A change of relations moves the assets' own date (unconfirmed). */
  relationsTouch: boolean;
  /** Most rows of a page, whatever was asked for. */
  maxPageSize: number;
  /** What the reply says of the page's size: the real one, the one asked for (a lie when it was cut), or nothing. */
  pageSizeSaid: 'real' | 'asked' | 'none';
  /** Requests in a rolling 5 minutes; on-premises there is no limit. */
  requestsPer5Minutes: number | undefined;
  /** Seconds that a 429 names under Retry-After; existing clients do not rely on it. */
  retryAfter: number | undefined;
  /** Everything answers 503 with a page. */
  down: boolean;
  /** "Asset Tag must be unique" of the settings. */
  uniqueTags: boolean;
  /** "Status of New Assets" of the settings. */
  statusOfNewAssets: number;
  /** Properties that are accepted with 201 and left as they are: a read-only field, a workflow. `*`: all. */
  ignoresWritesTo: readonly string[];
  /** What the instance makes of texts that are written to it. */
  rewrites: readonly ('lower_case' | 'trim' | 'reformat_dates')[];
  /** A rule of the customer that changes an asset some time after each write to it. */
  ownRule: { readonly afterMs: number; readonly change: Readonly<Record<string, unknown>> } | undefined;
  /** Status ids that may not follow each other: "allowed after". */
  forbiddenMoves: readonly (readonly [from: number, to: number])[];
  /** What stays of a batch of which one element is refused (undocumented): what came before it, or nothing. */
  refusedBatch: 'earlier_stay' | 'none_stay';
  /** A record that the API created is found by its id at once, in lists and searches only after this. */
  indexLagMs: number;
}

export const DEFAULT_SWITCHES: Switches = {
  hosted: true, authUrl: undefined, tokenLifeMs: 3_600_000, allowedScopes: ['edit:assets', 'read:customers', 'read:suppliers', 'read:contracts', 'read:softwarelicensing'], denied: [],
  updatedFilter: 'ignored', relationsTouch: true, maxPageSize: 100, pageSizeSaid: 'real', requestsPer5Minutes: undefined, retryAfter: undefined, down: false,
  uniqueTags: false, statusOfNewAssets: 1, ignoresWritesTo: [], rewrites: [], ownRule: undefined, forbiddenMoves: [], refusedBatch: 'earlier_stay', indexLagMs: 0,
};

export function readSwitches(given: Readonly<Record<string, unknown>> = {}): Switches {
  const unknown = Object.keys(given).filter((key) => !(key in DEFAULT_SWITCHES));
  if (unknown.length > 0) throw new RangeError(`unknown switch of the sandbox: ${unknown.join(', ')}`);
  return { ...DEFAULT_SWITCHES, ...(given as Partial<Switches>) };
}
