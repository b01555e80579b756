/**
 * A CVE record as NVD sends it (https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema). Members are added
 * without notice (`affected` in June 2026), so only what is read is named, and nothing is taken to be there.
 */
export interface NvdCve {
  readonly id?: unknown;
  readonly published?: unknown;
  readonly lastModified?: unknown;
  readonly vulnStatus?: unknown;
  readonly descriptions?: unknown;
  readonly metrics?: unknown;
  readonly weaknesses?: unknown;
  readonly references?: unknown;
  readonly cveTags?: unknown;
  readonly configurations?: unknown;
  readonly affected?: unknown;
  readonly cisaExploitAdd?: unknown;
  readonly cisaActionDue?: unknown;
  readonly cisaRequiredAction?: unknown;
  readonly cisaVulnerabilityName?: unknown;
}

/** An answer of `/rest/json/cves/2.0`, its shape already checked. */
export interface NvdAnswer {
  /** Records that the filter finds in all. */
  readonly totalResults: number;
  /** When NVD answered; UTC without a zone letter. */
  readonly timestamp?: unknown;
  readonly vulnerabilities: readonly unknown[];
}

/** `vulnerabilities[].cve`; an entry without it stays as it is, for the mapping to reject. */
export function cveOf(entry: unknown): NvdCve {
  const cve = typeof entry === 'object' && entry !== null ? (entry as { readonly cve?: unknown }).cve : undefined;
  return (typeof cve === 'object' && cve !== null ? cve : entry) as NvdCve;
}
