import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { stamp, unstamp, type Cve } from './records.js';

const EIGHT_DAYS = 8 * 86_400_000;

/**
 * Writes the 2.0 feeds as https://nvd.nist.gov/vuln/data-feeds offers them: one file a year (that of 2002 holds all before),
 * `modified` and `recent` with the last eight days, each with its `.meta`. Returns the names of the `.json.gz` files.
 */
export async function writeFeeds(folder: string, records: readonly Cve[], now: number): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const feeds = new Map<string, Cve[]>();
  for (const record of records) {
    const year = String(Math.max(2002, Number(record.id.split('-')[1] ?? '2002')));
    feeds.set(year, [...feeds.get(year) ?? [], record]);
  }
  feeds.set('modified', records.filter(({ lastModified }) => unstamp(lastModified) >= now - EIGHT_DAYS));
  feeds.set('recent', records.filter(({ published }) => unstamp(published) >= now - EIGHT_DAYS));
  const names: string[] = [];
  for (const [name, list] of feeds) {
    const json = Buffer.from(JSON.stringify(pageOf(list, 0, list.length, now)));
    const packed = gzipSync(json);
    names.push(`nvdcve-2.0-${name}.json.gz`);
    await writeFile(join(folder, `nvdcve-2.0-${name}.json.gz`), packed);
    await writeFile(join(folder, `nvdcve-2.0-${name}.meta`), metaOf(json, packed, now));
  }
  return names.sort();
}

/** All records as one file, as a person would keep an answer of the API. Returns its path. */
export async function writeOneFile(folder: string, records: readonly Cve[], now: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'nvd-cves-2.0.json.gz');
  await writeFile(path, gzipSync(Buffer.from(JSON.stringify(pageOf(records, 0, records.length, now)))));
  return path;
}

/** Five lines with CRLF; the time is US Eastern (standard time here), the hash that of the unpacked text. */
function metaOf(json: Buffer, packed: Buffer, now: number): string {
  return [
    `lastModifiedDate:${stamp(now - 5 * 3_600_000).slice(0, 19)}-05:00`, `size:${json.length}`, `zipSize:${packed.length + 120}`, `gzSize:${packed.length}`,
    `sha256:${createHash('sha256').update(json).digest('hex').toUpperCase()}`,
  ].map((line) => `${line}\r\n`).join('');
}

/** The body of an answer. `resultsPerPage` is what is returned, not what was asked for. */
export const pageOf = (records: readonly Cve[], startIndex: number, totalResults: number, now: number): object => ({
  resultsPerPage: records.length, startIndex, totalResults, format: 'NVD_CVE', version: '2.0', timestamp: stamp(now), vulnerabilities: records.map((cve) => ({ cve })),
});
