import type { Edits, ExpectedFacts, RawFields } from '../../sdk/sandbox/index.js';
import { stamp, unstamp, type Cve, type Records } from './records.js';

/** What NVD's analysts do. There are no deletes: a record that is withdrawn becomes Rejected. */
export function editsOf(records: Records, stream: string, now: () => number): Edits {
  let count = 0;
  const check = (name: string): void => { if (name !== stream) throw new RangeError(`no stream ${name}`); };
  const find = (name: string, id: string): Cve => {
    check(name);
    const record = records.get(id);
    if (record === undefined) throw new RangeError(`${name} has no ${id}`);
    return record;
  };
  return {
    insert(name, record: RawFields = {}, at = now()) {
      check(name);
      count += 1;
      const made: Cve = {
        id: `CVE-2026-${8_000_000 + count}`, sourceIdentifier: 'cve@mitre.org', published: stamp(at), lastModified: stamp(at), vulnStatus: 'Received', cveTags: [],
        descriptions: [{ lang: 'en', value: `A flaw in Example Tool ${count} allows reading of files.` }], metrics: {},
        references: [{ url: `https://example.com/advisory/${count}`, source: 'cve@mitre.org' }], ...record,
      };
      records.put(made);
      return made.id;
    },
    update(name, id, patch, at = now()) {
      const record = find(name, id);
      count += 1;
      records.put({
        ...record, ...(patch ?? { vulnStatus: 'Modified', descriptions: [{ lang: 'en', value: `Reworded ${count}.` }, ...record.descriptions.filter(({ lang }) => lang !== 'en')] }),
        lastModified: stamp(at),
      });
    },
    touch(name, id, at = now()) { records.put({ ...find(name, id), lastModified: stamp(at) }); },
    remove(name, id, at = now()) {
      const { configurations: _configurations, weaknesses: _weaknesses, ...record } = find(name, id);
      records.put({
        ...record, lastModified: stamp(at), vulnStatus: 'Rejected', metrics: {}, references: [],
        descriptions: [{ lang: 'en', value: 'Rejected reason: This CVE ID has been rejected or withdrawn by its CVE Numbering Authority.' }],
      });
    },
    vanish(name, id) { find(name, id); records.delete(id); },
    read(name, id) { check(name); return records.get(id); },
    ids(name) { check(name); return records.all().map(({ id }) => id); },
  };
}

/** What a record must become, by the vendor's pages. */
export function factsOf(cve: Cve): ExpectedFacts {
  const metrics = (cve['metrics'] ?? {}) as Record<string, unknown[]>;
  return {
    kind: 'vulnerability', modifiedAt: unstamp(cve.lastModified),
    vulnerability: {
      status: cve.vulnStatus, publishedAt: unstamp(cve.published), knownExploited: cve['cisaExploitAdd'] !== undefined,
      scores: Object.entries(metrics).filter(([key]) => /^cvssMetricV(2|30|31|40)$/.test(key)).reduce((sum, [, list]) => sum + list.length, 0),
      description: cve.descriptions.find(({ lang }) => lang === 'en')?.value ?? '',
      hasConfigurations: cve['configurations'] !== undefined,
    },
  };
}
