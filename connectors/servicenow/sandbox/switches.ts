/** What differs between instances of the vendor, changeable while the sandbox runs; given as `vendor` at the start. */
export interface Switches {
  /** Software Asset Management is there: `cmdb_sam_sw_install` exists. Read at the start. */
  sam: boolean;
  /** `glide.oauth.inbound.client.credential.grant_type.enabled`. */
  clientCredentials: boolean;
  /** The opposite of `glide.oauth.inbound.ropc.grant_type.disabled`. */
  passwordGrant: boolean;
  tokenLifeMs: number;
  /** The user can log in interactively: basic authentication refuses the right password (enforced since 2026). */
  basicRestricted: boolean;
  /** `glide.invalid_query.returns_no_rows`. */
  invalidQueryReturnsNoRows: boolean;
  /** Tables that the user may not read: refused, or read as if empty. */
  denied: Readonly<Record<string, 'forbidden' | 'empty'>>;
  /** `table.field` that may not stand in a query. */
  unreadableFields: readonly string[];
  /** The user may change nothing. */
  readOnly: boolean;
  /** Tables whose deletes leave no trace: `glide.db.audit.ignore.delete`, `no_audit_delete`. */
  auditIgnored: readonly string[];
  /** Rows after which a read exceeds its 60 s: the answer breaks off there. */
  quotaRows: number | undefined;
  /** How it breaks off: the error stands behind the rows, or the text is cut within them. */
  quotaCut: 'error_behind' | 'broken';
  /** A developer instance asleep: HTML and 200 for everything. */
  hibernating: boolean;
  /** A rate-limit rule of the customer for the Table API. */
  requestsPerHour: number | undefined;
  /** The path of the Batch API is there. */
  batch: boolean;
  /** Items of a batch after which its 30 s are over: the rest stays unserviced, or is not mentioned at all. */
  batchStopsAfter: number | undefined;
  batchStopsHow: 'unserviced' | 'silent';
  /** What the identification engine does instead of inserting. */
  engine: 'inserts' | 'parks_partial' | 'parks_incomplete' | 'lock_timeout';
  /** How long a record that was created by the API is not found by a query. */
  indexLagMs: number;
  /** The user's time zone, hours ahead of UTC: for display values and scripts in queries. */
  zoneHours: number;
}

export const DEFAULT_SWITCHES: Switches = {
  sam: true, clientCredentials: true, passwordGrant: true, tokenLifeMs: 1_800_000, basicRestricted: false, invalidQueryReturnsNoRows: false, denied: {},
  unreadableFields: [], readOnly: false, auditIgnored: ['cmdb_sam_sw_install', 'cmdb_software_instance'], quotaRows: undefined, quotaCut: 'error_behind',
  hibernating: false, requestsPerHour: undefined, batch: true, batchStopsAfter: undefined, batchStopsHow: 'unserviced', engine: 'inserts', indexLagMs: 0, zoneHours: -8,
};

export function readSwitches(given: Readonly<Record<string, unknown>> = {}): Switches {
  const unknown = Object.keys(given).filter((key) => !(key in DEFAULT_SWITCHES));
  if (unknown.length > 0) throw new RangeError(`unknown switch of the sandbox: ${unknown.join(', ')}`);
  return { ...DEFAULT_SWITCHES, ...(given as Partial<Switches>) };
}
