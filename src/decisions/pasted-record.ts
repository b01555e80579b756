import { ATTRIBUTES, IDENTIFIER_KINDS, IDENTIFYING_ATTRIBUTES, LIFECYCLE_STAGES, type AssetRecord, type AttributeType, type AttributeValue, type Identifier, type IdentifierKind, type LifecycleStage } from '../../connectors/sdk/contract/index.js';
import { completeRecord, day, email, instant, integer, list, minor, text } from '../../connectors/sdk/mapping/index.js';

/** A record as people paste it: `id`, `class`, `stage`, `modified_at`, columns named as attributes and identifier kinds. */
export function pastedRecord(pasted: unknown, place: number): { readonly ok: true; readonly record: AssetRecord; readonly ignored: readonly string[] } | { readonly ok: false; readonly reason: string } {
  if (typeof pasted !== 'object' || pasted === null || Array.isArray(pasted)) return { ok: false, reason: 'a record is an object of columns and values' };
  const claims: Record<string, AttributeValue | null> = {};
  const identifiers: Identifier[] = [];
  const ignored: string[] = [];
  const columns = new Map(Object.entries(pasted).map(([column, value]) => [column.trim().toLowerCase(), value as unknown]));
  for (const [column, value] of columns) {
    if (['id', 'class', 'stage', 'modified_at'].includes(column)) continue;
    if (Object.hasOwn(ATTRIBUTES, column)) {
      const typed = value === null ? null : typedValue(value, (ATTRIBUTES as Record<string, AttributeType>)[column] ?? 'text');
      if (typed !== undefined) claims[column] = typed;
    } else if ((IDENTIFIER_KINDS as readonly string[]).includes(column)) {
      for (const each of Array.isArray(value) ? value : list(value, ';')) identifiers.push({ kind: column as IdentifierKind, value: String(each) });
    } else ignored.push(column);
  }
  const stage = text(columns.get('stage'));
  const modifiedAt = instant(columns.get('modified_at'));
  const assetClass = text(columns.get('class'));
  return {
    ok: true, ignored,
    record: completeRecord({
      kind: 'asset', externalId: text(columns.get('id')) ?? `#${place}`, identifiers, claims, ...(assetClass !== undefined && { assetClass }), ...(modifiedAt !== undefined && { modifiedAt }),
      ...(stage !== undefined && { stage: { raw: { stage }, ...((LIFECYCLE_STAGES as readonly string[]).includes(stage) && { stage: stage as LifecycleStage }) } }),
    }),
  };
}

function typedValue(value: unknown, type: AttributeType): AttributeValue | undefined {
  switch (type) {
    case 'integer': return integer(value);
    case 'minor': return typeof value === 'number' ? value : minor(value);
    case 'day': return day(value);
    case 'email': return email(value) ?? text(value);
    case 'list': { const entries = list(value, ';'); return entries.length > 0 ? entries : undefined; }
    case 'tags': return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)])) : undefined;
    default: return text(value);
  }
}

export const ATTRIBUTE_OF: Readonly<Partial<Record<IdentifierKind, string>>> = Object.fromEntries(Object.entries(IDENTIFYING_ATTRIBUTES).map(([attribute, kind]) => [kind, attribute]));
