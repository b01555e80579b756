import type { CvssScore, MapContext, Mapping } from '../sdk/contract/index.js';
import { day, field, instant, list, mapped, rejected, text } from '../sdk/mapping/index.js';
import type { NvdCve } from './raw.js';

/**
 * https://nvd.nist.gov/developers/vulnerabilities: times are UTC without a zone letter; `metrics` may be empty,
 * `configurations` and `weaknesses` absent. A withdrawn CVE is Rejected and stays a record: findings on it must close.
 */
export function mapCve(raw: NvdCve, _context: MapContext): Mapping {
  const id = text(field(raw, 'id'));
  if (id === undefined) return rejected('no id');
  const publishedAt = typeof raw.published === 'string' ? instant(raw.published) : undefined;
  if (publishedAt === undefined) return rejected('no published date', id);
  const modifiedAt = typeof raw.lastModified === 'string' ? instant(raw.lastModified) : undefined;
  const description = descriptionOf(raw.descriptions);
  const knownExploited = knownExploitedOf(raw);
  return mapped({
    kind: 'vulnerability',
    externalId: id,
    ...(modifiedAt !== undefined && { modifiedAt }),
    // Compared without case by who reads it; unknown ones are let through.
    status: text(raw.vulnStatus) ?? 'Unknown',
    publishedAt,
    ...(description !== undefined && { description }),
    scores: scoresOf(raw.metrics),
    weaknesses: distinct(entries(raw.weaknesses).flatMap((weakness) => entries(field(weakness, 'description')).map((words) => text(field(words, 'value'))))),
    ...(knownExploited !== undefined && { knownExploited }),
    references: entries(raw.references).flatMap((reference) => {
      const url = text(field(reference, 'url'));
      return url === undefined ? [] : [{ url, tags: texts(field(reference, 'tags')) }];
    }),
    tags: distinct(entries(raw.cveTags).flatMap((tag) => texts(field(tag, 'tags')))),
    // Kept in NVD's shape. Absent means that nobody has looked, never that nothing is affected.
    ...(entries(raw.configurations).length > 0 && { configurations: raw.configurations }),
    ...(entries(raw.affected).length > 0 && { affected: raw.affected }),
  });
}

const entries = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): string[] => (Array.isArray(value) ? list(value) : []);
const distinct = (values: readonly (string | undefined)[]): string[] => [...new Set(values.filter((value) => value !== undefined))];

function descriptionOf(descriptions: unknown): string | undefined {
  const all = entries(descriptions);
  const english = all.find((entry) => field(entry, 'lang') === 'en' && text(field(entry, 'value')) !== undefined);
  return text(field(english ?? all[0], 'value'));
}

function knownExploitedOf(raw: NvdCve): { addedOn: string; dueOn?: string; action?: string; name?: string } | undefined {
  const addedOn = day(raw.cisaExploitAdd);
  if (addedOn === undefined) return undefined;
  const dueOn = day(raw.cisaActionDue);
  const action = text(raw.cisaRequiredAction);
  const name = text(raw.cisaVulnerabilityName);
  return { addedOn, ...(dueOn !== undefined && { dueOn }), ...(action !== undefined && { action }), ...(name !== undefined && { name }) };
}

/** Newest first. Metric keys that are not here (`ssvcV203`, and what comes next) are no CVSS scores. */
const METRICS = [['cvssMetricV40', '4.0'], ['cvssMetricV31', '3.1'], ['cvssMetricV30', '3.0'], ['cvssMetricV2', '2.0']] as const;

/**
 * All scores, best first by one rule: newest version, then Primary, then the source's name. Version 2 keeps its severity
 * beside `cvssData`, the others inside.
 */
function scoresOf(metrics: unknown): readonly CvssScore[] {
  return METRICS.flatMap(([key, version]) => entries(field(metrics, key)).flatMap((metric): CvssScore[] => {
    const cvss = field(metric, 'cvssData');
    const score = field(cvss, 'baseScore');
    const vector = text(field(cvss, 'vectorString'));
    if (typeof score !== 'number' || !(score >= 0 && score <= 10) || vector === undefined) return [];
    const severity = text(field(cvss, 'baseSeverity')) ?? text(field(metric, 'baseSeverity'));
    return [{
      version, vector, score, ...(severity !== undefined && { severity }),
      source: text(field(metric, 'source')) ?? 'unknown', type: field(metric, 'type') === 'Primary' ? 'Primary' : 'Secondary',
    }];
  }).sort((a, b) => (a.type === b.type ? (a.source < b.source ? -1 : a.source > b.source ? 1 : 0) : a.type === 'Primary' ? -1 : 1)));
}
