import { readFile } from 'node:fs/promises';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';

/** A record as the API gives it below `cve`; https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema */
export interface Cve {
  readonly id: string;
  readonly sourceIdentifier: string;
  readonly published: string;
  readonly lastModified: string;
  readonly vulnStatus: string;
  readonly descriptions: readonly { readonly lang: string; readonly value: string }[];
  readonly [member: string]: unknown;
}

const SAMPLE = new URL('../fixtures/nvd-cves-2.0-sample.json.gz', import.meta.url);
let kept: Promise<readonly Cve[]> | undefined;

/** The real records that the repository carries. */
export function loadSample(): Promise<readonly Cve[]> {
  kept ??= (async () => {
    const text = (await promisify(gunzip)(await readFile(SAMPLE))).toString('utf8');
    return (JSON.parse(text) as { vulnerabilities: { cve: Cve }[] }).vulnerabilities.map(({ cve }) => cve);
  })();
  return kept;
}

/** Times are UTC with milliseconds and carry no letter for the zone. */
export const stamp = (time: number): string => new Date(time).toISOString().slice(0, -1);
export const unstamp = (text: string): number => Date.parse(`${text}Z`);

/** The sample, repeated under fresh ids until there are `count`. Copies are published later, each by a minute. */
export function multiply(sample: readonly Cve[], count: number): readonly Cve[] {
  return Array.from({ length: count }, (_, index) => {
    const record = sample[index % sample.length];
    if (record === undefined) throw new RangeError('no record to multiply');
    const round = Math.floor(index / sample.length);
    if (round === 0) return record;
    const year = record.id.split('-')[1] ?? '2026';
    return { ...record, id: `CVE-${year}-${9_000_000 + index}`, published: stamp(unstamp(record.published) + round * 60_000), lastModified: stamp(unstamp(record.lastModified) + round * 60_000) };
  });
}

/** All records of the stand-in, in the order of the API: by `published`. */
export class Records {
  private readonly byId = new Map<string, Cve>();
  private sorted: readonly Cve[] | undefined;

  constructor(records: readonly Cve[]) { for (const record of records) this.byId.set(record.id, record); }

  get(id: string): Cve | undefined { return this.byId.get(id); }
  put(record: Cve): void { this.byId.set(record.id, record); this.sorted = undefined; }
  delete(id: string): boolean { this.sorted = undefined; return this.byId.delete(id); }

  all(): readonly Cve[] {
    this.sorted ??= [...this.byId.values()].sort((a, b) => (a.published < b.published ? -1 : a.published > b.published ? 1 : a.id < b.id ? -1 : 1));
    return this.sorted;
  }
}
