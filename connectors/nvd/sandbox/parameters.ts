import type { Cve } from './records.js';
import { unstamp } from './records.js';

/** https://nvd.nist.gov/developers/vulnerabilities. Whatever is wrong is told in the header `message` of an empty 404. */
export class Refusal extends Error {}

export interface Filter {
  readonly keep: (cve: Cve) => boolean;
  readonly startIndex: number;
  readonly resultsPerPage: number;
}

const FLAGS = ['hasKev', 'hasCertAlerts', 'hasCertNotes', 'hasOval', 'noRejected', 'keywordExactMatch', 'isVulnerable'];
const SEVERITIES: Readonly<Record<string, readonly string[]>> = {
  cvssV2Severity: ['LOW', 'MEDIUM', 'HIGH'], cvssV3Severity: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], cvssV4Severity: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'],
};
const TAGS = ['disputed', 'unsupported-when-assigned', 'exclusively-hosted-service'];
/** Described by the vendor, and checked here, but not searched by: matching is done on a mirror. */
const NOT_SEARCHED = ['cpeName', 'isVulnerable', 'virtualMatchString', 'versionStart', 'versionStartType', 'versionEnd', 'versionEndType', 'cvssV2Metrics',
  'cvssV3Metrics', 'cvssV4Metrics', 'hasCertAlerts', 'hasCertNotes', 'hasOval'];
const KNOWN = new Set([...FLAGS, ...Object.keys(SEVERITIES), ...NOT_SEARCHED, 'cveId', 'lastModStartDate', 'lastModEndDate', 'pubStartDate', 'pubEndDate', 'keywordSearch',
  'cweId', 'sourceIdentifier', 'cveTag', 'resultsPerPage', 'startIndex']);
const PARTNERS: readonly (readonly [needs: string, partner: string])[] = [
  ['lastModStartDate', 'lastModEndDate'], ['lastModEndDate', 'lastModStartDate'], ['pubStartDate', 'pubEndDate'], ['pubEndDate', 'pubStartDate'],
  ['keywordExactMatch', 'keywordSearch'], ['isVulnerable', 'cpeName'], ['versionStart', 'virtualMatchString'], ['versionEnd', 'virtualMatchString'],
  ['versionStart', 'versionStartType'], ['versionStartType', 'versionStart'], ['versionEnd', 'versionEndType'], ['versionEndType', 'versionEnd'],
];
export const LARGEST_PAGE = 2_000;
const LONGEST_RANGE = 120 * 86_400_000;

export function readFilter(params: URLSearchParams, largestPage: number): Filter {
  const given = [...params.keys()];
  for (const name of given) if (!KNOWN.has(name)) throw new Refusal(`Invalid parameter: ${name}`);
  for (const name of given) {
    if (params.getAll(name).length > 1) throw new Refusal(`Parameter given twice: ${name}`);
    const value = params.get(name) ?? '';
    if (FLAGS.includes(name) !== (value === '')) throw new Refusal(`Invalid value for parameter: ${name}`);
  }
  for (const [name, partner] of PARTNERS) if (params.has(name) && !params.has(partner)) throw new Refusal(`${name} needs ${partner}`);
  if (params.has('isVulnerable') && params.has('virtualMatchString')) throw new Refusal('isVulnerable cannot stand with virtualMatchString');
  if (Object.keys(SEVERITIES).filter((name) => params.has(name)).length > 1) throw new Refusal('Only one severity can be asked for');
  const unsearched = given.find((name) => NOT_SEARCHED.includes(name));
  if (unsearched !== undefined) throw new Refusal(`Sandbox: does not search by ${unsearched}`);

  const tests = given.flatMap((name) => testOf(name, params) ?? []);
  return {
    keep: (cve) => tests.every((test) => test(cve)),
    startIndex: whole(params, 'startIndex', 0, Number.MAX_SAFE_INTEGER, 0),
    resultsPerPage: whole(params, 'resultsPerPage', 1, largestPage, Math.min(LARGEST_PAGE, largestPage)),
  };
}

function whole(params: URLSearchParams, name: string, least: number, most: number, absent: number): number {
  const text = params.get(name);
  if (text === null) return absent;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least || Number(text) > most) throw new Refusal(`Invalid value for parameter: ${name}`);
  return Number(text);
}

/** Since 24 July 2025 a zone is needed: `Z`, or hours and minutes. A bare plus sign arrives as a blank. */
function instant(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new Refusal('Invalid ISO 8601 date/time format, see documentation.');
  return time;
}

type Test = (cve: Cve) => boolean;
function testOf(name: string, params: URLSearchParams): Test | undefined {
  const value = params.get(name) ?? '';
  switch (name) {
    case 'lastModStartDate': return range(value, params.get('lastModEndDate') ?? '', ({ lastModified }) => lastModified);
    case 'pubStartDate': return range(value, params.get('pubEndDate') ?? '', ({ published }) => published);
    case 'cveId':
      if (!/^CVE-\d{4}-\d{4,}$/.test(value)) throw new Refusal(`Invalid value for parameter: ${name}`);
      return ({ id }) => id === value;
    case 'keywordSearch': return keywords(value, params.has('keywordExactMatch'));
    case 'cvssV2Severity': case 'cvssV3Severity': case 'cvssV4Severity':
      if (SEVERITIES[name]?.includes(value) !== true) throw new Refusal(`Invalid value for parameter: ${name}`);
      return (cve) => severities(cve, name.slice(4, 6)).includes(value);
    case 'cweId':
      if (!/^(CWE-\d+|NVD-CWE-(Other|noinfo))$/.test(value)) throw new Refusal(`Invalid value for parameter: ${name}`);
      return ({ weaknesses }) => ((weaknesses ?? []) as { description: { value: string }[] }[]).some(({ description }) => description.some((one) => one.value === value));
    case 'sourceIdentifier': return ({ sourceIdentifier }) => sourceIdentifier === value;
    case 'cveTag':
      if (!TAGS.includes(value)) throw new Refusal(`Invalid value for parameter: ${name}`);
      return ({ cveTags }) => ((cveTags ?? []) as { tags: string[] }[]).some(({ tags }) => tags.includes(value));
    case 'hasKev': return ({ cisaExploitAdd }) => cisaExploitAdd !== undefined;
    case 'noRejected': return ({ vulnStatus }) => vulnStatus !== 'Rejected';
    default: return undefined;
  }
}

function range(from: string, to: string, of: (cve: Cve) => string): Test {
  const [start, end] = [instant(from), instant(to)];
  if (end < start || end - start > LONGEST_RANGE) throw new Refusal('The date range is wrong or longer than 120 days');
  return (cve) => { const time = unstamp(of(cve)); return time >= start && time <= end; };
}

/** Every word must begin a word of the description; exactly: the phrase as it stands. */
function keywords(value: string, exact: boolean): Test {
  const words = value.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return ({ descriptions }) => descriptions.some(({ value: text }) => {
    if (exact) return text.toLowerCase().includes(value.toLowerCase());
    const found = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    return words.every((word) => found.some((one) => one.startsWith(word)));
  });
}

function severities(cve: Cve, version: string): string[] {
  const metrics = (cve['metrics'] ?? {}) as Record<string, { baseSeverity?: string; cvssData?: { baseSeverity?: string } }[]>;
  return Object.entries(metrics).filter(([key]) => key.startsWith(`cvssMetric${version}`)).flatMap(([, list]) => list.map((one) => one.baseSeverity ?? one.cvssData?.baseSeverity ?? ''));
}
