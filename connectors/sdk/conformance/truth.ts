import type { AttributeValue, Mapping } from '../contract/index.js';
import type { ExpectedFacts } from '../sandbox/types.js';

const plain = (value: string): string => value.toLowerCase().replace(/[^a-z0-9/]/g, '');

/** In what a mapped record differs from what the sandbox says it must become, as sentences. */
export function differences(mapping: Mapping, expected: ExpectedFacts): string[] {
  if (expected.skipped === true) return 'skip' in mapping ? [] : ['it is a record, but had to be left out'];
  if (!mapping.ok) return [`rejected: ${mapping.reason}`];
  if ('skip' in mapping) return [`left out: ${mapping.skip}`];
  const { record } = mapping;
  const found: string[] = [];
  const same = (what: string, given: unknown, wanted: unknown): void => {
    if (wanted !== undefined && given !== wanted) found.push(`${what}: ${JSON.stringify(given)} instead of ${JSON.stringify(wanted)}`);
  };
  same('kind', record.kind, expected.kind);
  same('modifiedAt', record.modifiedAt, expected.modifiedAt);
  if (record.kind === 'asset') {
    same('class', record.assetClass, expected.assetClass);
    same('stage', record.stage?.stage, expected.stage);
    const has = (kind: string, value: string): boolean => record.identifiers.some((i) => i.kind === kind && plain(i.value) === plain(value));
    for (const { kind, value } of expected.identifiers ?? []) if (!has(kind, value)) found.push(`identifier ${kind} ${value} is missing among ${JSON.stringify(record.identifiers)}`);
    for (const [name, value] of Object.entries(expected.claims ?? {})) if (!claimed(record.claims[name], value)) found.push(`${name}: ${JSON.stringify(record.claims[name])} instead of ${JSON.stringify(value)}`);
    if (expected.told === true && record.told === undefined) found.push('it is gone at the vendor and does not say so');
    if (typeof expected.told === 'number') same('told at', record.told?.at, expected.told);
  }
  if (record.kind === 'relationship' && expected.relation !== undefined) {
    same('relation', record.relation, expected.relation.kind);
    same('from', record.from.externalId, expected.relation.from);
    same('to', record.to.externalId, expected.relation.to);
  }
  if (record.kind === 'installation' && expected.installation !== undefined) {
    same('on', record.on.externalId, expected.installation.on);
    same('product', record.product, expected.installation.product);
    same('publisher', record.publisher, expected.installation.publisher);
    same('version', record.productVersion, expected.installation.version);
  }
  if (record.kind === 'reference' && expected.reference !== undefined) {
    same('type', record.referenceType, expected.reference.type);
    same('name', record.name, expected.reference.name);
  }
  return found;
}

/** Lists are sets; tags may hold more. */
function claimed(given: AttributeValue | null | undefined, wanted: AttributeValue | null): boolean {
  if (Array.isArray(wanted)) return Array.isArray(given) && JSON.stringify([...given].sort()) === JSON.stringify([...wanted].sort());
  if (typeof wanted === 'object' && wanted !== null) return typeof given === 'object' && given !== null && Object.entries(wanted).every(([key, value]) => (given as Record<string, string>)[key] === value);
  return given === wanted;
}
